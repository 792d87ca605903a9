// The metrics of CVSS vectors: which there are, version by version (FIRST's specifications of 2.0, 3.1 and 4.0).
const metricsOf: Record<string, readonly string[]> = {
  "2": ["AV", "AC", "Au", "C", "I", "A"],
  "3": ["AV", "AC", "PR", "UI", "S", "C", "I", "A"],
  "4": ["AV", "AC", "AT", "PR", "UI", "VC", "VI", "VA", "SC", "SI", "SA"],
};

/** "CVSS:3.1/AV:N/AC:L/..." as metric -> value. */
export function vectorMetrics(vector: string): Map<string, string> {
  return new Map(
    vector
      .split("/")
      .filter((part) => !part.startsWith("CVSS:"))
      .map((part) => part.split(":", 2) as [string, string]),
  );
}

/** The base metrics that vectors of these versions have, each once, in the order of the specifications. */
export function metricsIn(versions: readonly string[]): string[] {
  return [...new Set(versions.flatMap((version) => metricsOf[version.charAt(0)] ?? []))];
}
