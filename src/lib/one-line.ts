/** A foreign text inside one of our messages: one line, not too long. What could steer a terminal is escaped when the message is printed. */
export function oneLine(text: string, maxLength = 300): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > maxLength ? `${line.slice(0, maxLength)}…` : line;
}
