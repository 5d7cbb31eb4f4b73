/** What a credential may do. `admin` includes every other scope of its tenant; `platform` is for who runs the installation. */
export const scopes = [
  'platform',
  'admin',
  'usage:write',
  'usage:read',
  'catalogue:write',
  'catalogue:read',
  'customers:write',
  'customers:read',
  'devices:write',
  'devices:read',
  'invoices:write',
  'invoices:read',
  'payments:write',
  'payments:read',
  'partners:write',
  'partners:read',
  'webhooks:write',
  'webhooks:read',
  'keys:write',
  'keys:read',
  'audit:read',
] as const;

export type Scope = (typeof scopes)[number];

export const roles = ['operator', 'admin', 'finance', 'support', 'customer', 'partner'] as const;

export type Role = (typeof roles)[number];

/**
 * The scopes that each role comes with. `customer` and `partner` read only what is their own: their credential also
 * names the customer or partner, and services restrict by it.
 */
export const roleScopes: Readonly<Record<Role, readonly Scope[]>> = {
  operator: ['platform'],
  admin: ['admin'],
  finance: [
    'usage:read',
    'catalogue:read',
    'customers:read',
    'customers:write',
    'devices:read',
    'invoices:read',
    'invoices:write',
    'payments:read',
    'payments:write',
    'partners:read',
    'partners:write',
    'audit:read',
  ],
  support: [
    'usage:read',
    'usage:write',
    'catalogue:read',
    'customers:read',
    'customers:write',
    'devices:read',
    'devices:write',
    'invoices:read',
    'payments:read',
  ],
  customer: ['usage:read', 'devices:read', 'invoices:read', 'payments:read'],
  partner: ['partners:read'],
};

export function isScope(text: string): text is Scope {
  return (scopes as readonly string[]).includes(text);
}

export function isRole(text: string): text is Role {
  return (roles as readonly string[]).includes(text);
}

/**
 * Whether a credential with `granted` may do what needs `needed`. `admin` stands for all scopes of a tenant but not for
 * `platform`; `platform` is not a way into a tenant's books; a `:write` scope includes the `:read` of the same name.
 */
export function allows(granted: readonly Scope[], needed: Scope): boolean {
  if (granted.includes(needed)) return true;
  if (needed === 'platform') return false;
  if (granted.includes('admin')) return true;
  return needed.endsWith(':read') && granted.some((scope) => scope === needed.replace(/:read$/, ':write'));
}

/** Whether `granter` may hand `wanted` to a new key: nobody gives more than they have. */
export function mayGrant(granter: readonly Scope[], wanted: readonly Scope[]): boolean {
  return wanted.every((scope) => (scope === 'admin' ? granter.includes('admin') : allows(granter, scope)));
}
