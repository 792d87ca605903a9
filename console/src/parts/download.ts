/** Gives the user a file. */
export function download(name: string, file: Blob) {
  const url = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

const most = 4 << 20; // characters that are kept here

/** A file that may be larger than memory: every few megabytes go to the browser, which keeps blobs on disk. */
export class LargeFile {
  private blobs: Blob[] = [];
  private texts: string[] = [];
  private length = 0;

  add(text: string) {
    this.texts.push(text);
    this.length += text.length;
    if (this.length >= most) this.handOver();
  }

  whole(type: string): Blob {
    this.handOver();
    return new Blob(this.blobs, { type });
  }

  private handOver() {
    this.blobs.push(new Blob(this.texts));
    this.texts = [];
    this.length = 0;
  }
}

/** A row of CSV (RFC 4180). A cell that a spreadsheet would take for a formula begins with an apostrophe. */
export function csvRow(cells: readonly string[]): string {
  const quoted = cells.map((cell) => {
    const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  });
  return quoted.join(",") + "\r\n";
}
