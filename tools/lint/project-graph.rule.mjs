/**
 * Refuses to lint without nx's project graph: the boundary rule would only warn, skip itself, and let eslint report success.
 * A rule and not a check of the configuration, because nx loads the configuration while it makes the graph.
 */
import { readCachedProjectGraph } from '@nx/devkit';

let known;

function hasProjectGraph() {
  if (known === undefined) {
    try {
      known = Object.keys(readCachedProjectGraph().nodes).length > 0;
    } catch {
      known = false;
    }
  }
  return known;
}

export const projectGraphRule = {
  meta: { type: 'problem', schema: [], messages: { missing: 'There is no project graph, so module boundaries cannot be checked: run `npm run lint`, which makes it.' } },
  create: (context) => ({
    Program(node) {
      if (!hasProjectGraph()) context.report({ node, messageId: 'missing' });
    },
  }),
};
