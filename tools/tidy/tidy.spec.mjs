import { describe, expect, it } from '@jest/globals';
import { checks } from './checks.mjs';
import { compareWithRatchet, lowered, measure } from './lengths.mjs';
import { brokenLinks } from './links.mjs';
import { marksInCode, outsideNames, untidyText } from './marks.mjs';
import { wrongNames } from './names.mjs';

describe('the repository is tidy', () => {
  it.each(checks)('$name', ({ find }) => expect(find()).toEqual([]), 120_000);
});

describe('the tidy checks', () => {
  const only = ['it', 'only'].join('.');

  it('see narrowed and switched-off tests and notes to oneself, with their line', () => {
    const text = ['const a = 1;', `${only}('x', run);`, `describe.${'skip'}.each([1])('y', run);`, `// ${'TO'}DO later`].join('\n');
    expect(marksInCode('a.spec.ts', text).map((finding) => finding.split(':')[1])).toEqual(['2', '3', '4']);
    expect(marksInCode('a.ts', 'list.skip(3); only(1); // XXX is the code for no currency')).toEqual([]);
  });

  it('see names of places outside, and leave addresses alone', () => {
    expect(outsideNames('a.md', `see ../${'shared'}/design.md`)).toHaveLength(1);
    expect(outsideNames('a.md', `cd /${'work'}/main`)).toHaveLength(1);
    expect(outsideNames('a.md', 'https://example.org/work/here and libs/shared/kit')).toEqual([]);
  });

  it('see blanks at line ends, tabs, carriage returns and a missing line end', () => {
    expect(untidyText('a.ts', 'a \n\tb\nc\r\nd')).toHaveLength(4);
    expect(untidyText('a.ts', '')).toEqual([]);
  });

  it('see names that are not kebab-case or say nothing', () => {
    expect(wrongNames(['libs/x/src/RateUsage.ts', 'libs/x/src/utils/a.ts', 'libs/x/src/rate_usage.ts'])).toHaveLength(3);
    expect(wrongNames(['README.md', '.ci/run', 'libs/x/src/rate-usage.spec.ts', 'libs/x/src/generated/usage_pb.ts', 'tsconfig.base.json'])).toEqual([]);
  });

  it('see links that lead nowhere, outside of code', () => {
    const text = '[a](docs/a.md#x) [b](gone.md) [c](https://example.org) `[d](no.md)`';
    expect(brokenLinks('README.md', text, (path) => path === 'docs/a.md')).toEqual(['README.md: the link to gone.md leads nowhere']);
  });
});

describe('the length ratchet', () => {
  const body = (lines) => Array.from({ length: lines }, (_, n) => `  step(${n});`).join('\n');
  const long = (lines) => `export class Desk {\n  work() {\n${body(lines)}\n  }\n}\n`;

  it('measures long files and functions, and takes a chapter of scenarios for what it is', () => {
    expect(measure('desk.ts', long(80))).toEqual({ files: {}, functions: { 'desk.ts#Desk.work': 82 } });
    expect(measure('desk.ts', long(400)).files).toEqual({ 'desk.ts': 404 });
    expect(measure('desk.spec.ts', `describe('desk', () => {\n${body(80)}\n  it('works', () => {});\n});\n`).functions).toEqual({});
  });

  it('refuses what is new or grew, allows what is listed, asks to lower what shrank', () => {
    const ratchet = { files: { 'a.ts': 400, 'b.ts': 350 }, functions: { 'a.ts#f': 70 } };
    const found = compareWithRatchet({ files: { 'a.ts': 400, 'c.ts': 301 }, functions: { 'a.ts#f': 71 } }, ratchet);
    expect(found).toHaveLength(3);
    expect(found.join('\n')).toMatch(/c\.ts: 301 lines, 300 are allowed[^]*b\.ts: was 350 lines, is at most 300[^]*a\.ts#f: 71 lines, 70 are allowed/);
  });

  it('only goes down when updated', () => {
    const ratchet = { files: { 'a.ts': 400, 'b.ts': 350 }, functions: { 'a.ts#f': 70 } };
    const measured = { files: { 'a.ts': 380, 'c.ts': 999 }, functions: { 'a.ts#f': 90 } };
    expect(lowered(measured, ratchet)).toEqual({ files: { 'a.ts': 380 }, functions: { 'a.ts#f': 70 } });
  });
});
