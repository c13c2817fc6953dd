import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

/**
 * Tells where a request comes from: its connection or, when that is a trusted proxy's, the last address in
 * `X-Forwarded-For` that is none; a hop that names no address is as far as anybody can see. `trusted` are addresses and CIDR ranges.
 */
export function addressFinder(trusted: readonly string[]): (req: IncomingMessage) => string {
  const ofConnection = (req: IncomingMessage) => req.socket.remoteAddress ?? 'local';
  if (trusted.length === 0) return ofConnection;
  const proxies = new BlockList();
  for (const item of trusted) {
    const [address = '', bits] = item.split('/');
    const family = familyOf(address);
    if (bits === undefined) proxies.addAddress(address, family);
    else proxies.addSubnet(address, Number(bits), family);
  }
  return (req) => {
    const hops = (String(req.headers['x-forwarded-for'] ?? '') || undefined)?.split(',').map((hop) => hop.trim()) ?? [];
    let address = ofConnection(req);
    while (isIP(address) !== 0 && proxies.check(address, familyOf(address))) {
      const before = hops.pop();
      if (before === undefined || isIP(before) === 0) break;
      address = before;
    }
    return address;
  };
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}
