/** File names say what is inside, in kebab-case with their role after a dot: `rate-usage.spec.ts`. */

const kebab = /^\.?[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)*$/;
/** Names that tools and habit give. */
const given = new Set([
  'ARCHITECTURE.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'README.md', 'SECURITY.md', 'LICENSE', 'Chart.yaml', 'Dockerfile', 'Tiltfile', 'NOTES.txt',
]);
const empty = new Set(['utils', 'util', 'helpers', 'helper', 'common', 'misc']);
/** Generated code and data that came from outside keep the names they have. */
const foreign = /(?:^|\/)(?:generated|fixtures|testdata|samples)\//;

export function wrongNames(files) {
  return files
    .filter((file) => !foreign.test(file))
    .flatMap((file) => {
      const segments = file.split('/');
      // Helm makes nothing of templates whose names begin so: they hold definitions.
      const named = file.endsWith('.tpl') ? segments.map((segment) => segment.replace(/^_/, '')) : segments;
      const wrong = named.find((segment) => !kebab.test(segment) && !given.has(segment));
      if (wrong) return [`${file}: "${wrong}" is not kebab-case`];
      const vague = segments.find((segment) => empty.has(segment.split('.')[0]));
      return vague ? [`${file}: "${vague}" says nothing about what is inside; name it after that`] : [];
    });
}
