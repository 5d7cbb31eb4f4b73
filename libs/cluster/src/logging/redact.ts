/**
 * Texts of errors may quote what a person sent. Whatever looks like a secret or a person's address is taken out before a
 * line is written; ids stay, because they say nothing outside of the installation.
 */
const secrets: readonly (readonly [RegExp, string])[] = [
  [/\btk_(live|test)_[A-Za-z0-9_-]{8,}/g, 'tk_$1_…'],
  [/\bwhsec_[A-Za-z0-9+/=_-]{8,}/g, 'whsec_…'],
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, '$1…@'],
  [/[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g, '…@…'],
  [/\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b/g, 'IBAN…'],
];

export function redact(text: string): string {
  return secrets.reduce((redacted, [pattern, instead]) => redacted.replace(pattern, instead), text);
}
