import { BlockList, isIP } from 'node:net';

/**
 * Where webhooks may go: `public` addresses only; `loopback`, also this machine, for a laptop; `private`, also private
 * networks, for an installation inside one. Link-local addresses (cloud metadata), multicast and the like never.
 */
export type WebhookTargets = 'public' | 'loopback' | 'private';

export type AddressClass = 'public' | 'loopback' | 'private' | 'never';

function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [net = '', bits = ''] = range.split('/');
    list.addSubnet(net, Number(bits), net.includes(':') ? 'ipv6' : 'ipv4');
  }
  return list;
}

const loopback = listOf(['127.0.0.0/8', '::1/128']);

/** RFC 1918, RFC 6598 (carrier-grade NAT), RFC 4193. */
const privateNets = listOf(['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7']);

/** The rest of the IANA special-purpose registries; of IPv6 also what wraps an IPv4 address (NAT64, 6to4, Teredo), which could hide any of the above. */
const never = listOf([
  '0.0.0.0/8',
  '169.254.0.0/16',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/128',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/32',
  '2001:db8::/32',
  '2002::/16',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
]);

/** IPv4 in IPv6 (`::ffff:127.0.0.1`) is judged as the IPv4 address by the lists themselves. */
export function classOf(address: string): AddressClass {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (isIP(address) === 0 || never.check(address, family)) return 'never';
  if (loopback.check(address, family)) return 'loopback';
  return privateNets.check(address, family) ? 'private' : 'public';
}

/** Why the address may not be reached; undefined when it may. */
export function refusalOf(address: string, targets: WebhookTargets): string | undefined {
  const found = classOf(address);
  switch (found) {
    case 'public':
      return undefined;
    case 'never':
      return `${address} is not an address for webhooks (link-local, multicast or reserved)`;
    case 'loopback':
      return targets === 'public'
        ? `${address} is this machine, and the installation sends webhooks to public addresses only`
        : undefined;
    case 'private':
      return targets === 'private'
        ? undefined
        : `${address} is in a private network; the installation’s operator can allow these`;
  }
}
