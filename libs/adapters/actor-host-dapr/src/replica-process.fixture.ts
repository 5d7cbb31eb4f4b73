/** A replica as a process of its own, for tests that end one: `node replica-process.fixture.js NAME FOLDER APP_PORT SIDECAR_PORT`. */
import { LocalActorHost } from '@tollkeeper/actor-host-local';
import { hostCounting } from './counting-account.fixture.js';
import { DaprActorHost } from './dapr-actor-host.js';

const [name = '', folder = '', appPort, sidecarPort] = process.argv.slice(2);
const host = new DaprActorHost({ within: new LocalActorHost(), sidecarPort: Number(sidecarPort), hostId: `${name}-${process.pid}` });
hostCounting(host, name, folder);
await host.listen(Number(appPort));
process.once('SIGTERM', () => void host.close().then(() => process.exit(0)));
process.stdout.write('listening\n');
