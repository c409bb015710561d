/** Shortens untrusted text to one line for a message. Control characters are escaped later, when the message is printed. */
export function oneLine(text: string, maxLength = 300): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > maxLength ? `${line.slice(0, maxLength)}…` : line;
}
