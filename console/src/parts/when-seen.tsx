import { useEffect, useRef, useState, type ReactNode } from "react";

/** What is there once people come near it: it asks for nothing before. */
export function WhenSeen({ children }: { children: ReactNode }) {
  const place = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    const observer = new IntersectionObserver((entries) => entries.some(({ isIntersecting }) => isIntersecting) && setSeen(true), { rootMargin: "200px" });
    observer.observe(place.current!);
    return () => observer.disconnect();
  }, []);
  return (
    <div ref={place} style={{ height: "100%", minHeight: seen ? undefined : 300 }}>
      {seen && children}
    </div>
  );
}
