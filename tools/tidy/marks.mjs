/** Finds what is left over from writing: tests that are narrowed or switched off, notes to oneself, names of places outside. */

const switchedOff = /\b(?:it|test|describe)(?:\.\w+)*\.(?:only|skip|todo)\b|\b(?:fit|fdescribe|xit|xtest|xdescribe)\(/;
const noteToSelf = /\b(?:TODO|FIXME|HACK)\b/;
// Spelled in two halves, so that this file does not find itself.
const outside = new RegExp(`(?:\\.\\./${'shared'}/|(?:^|[\\s'"\`(=:])/${'work'}/)`);

/** Findings in a program, one per line that has one. */
export function marksInCode(file, text) {
  return lines(file, text, [
    [switchedOff, 'a test is narrowed or switched off; run all of them'],
    [noteToSelf, 'a note to oneself; do it, or open an issue'],
  ]);
}

/** Findings in any file: a name of a folder that only the machine of its writer has. */
export function outsideNames(file, text) {
  return lines(file, text, [[outside, 'names a place outside of the repository']]);
}

/** Findings of form: the editor settings in .editorconfig prevent them. */
export function untidyText(file, text) {
  const form = lines(file, text, [
    [/[ \t]+$/, 'blanks at the end of the line'],
    [/^ *\t/, 'a tab in the indentation'],
    [/\r/, 'a carriage return'],
  ]);
  return text === '' || text.endsWith('\n') ? form : [...form, `${file}: no line end at the end of the file`];
}

function lines(file, text, rules) {
  return text
    .split('\n')
    .flatMap((line, index) => rules.filter(([pattern]) => pattern.test(line)).map(([, what]) => `${file}:${index + 1}: ${what}`));
}
