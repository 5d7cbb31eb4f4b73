/** The sample tenant: two brands in two countries, consumers, companies with departments, and a partner. */
export const tenant = { name: 'Northgrid', slug: 'northgrid', mode: 'sandbox', clock_start: '2026-01-01T00:00:00Z' } as const;

/** A customer before it is created; `devices` are made by `devicesOf`. */
export interface SampleCustomer {
  readonly key: string;
  readonly brand: 'voltvik' | 'meterhuis';
  readonly kind: 'consumer' | 'company';
  readonly name: string;
  readonly email: string;
  readonly address: { readonly line1: string; readonly postal_code: string; readonly city: string; readonly country: string };
  readonly vat_number?: string;
  readonly departments?: readonly { readonly code: string; readonly name: string }[];
  readonly contract: SampleContract;
  readonly fleet: readonly SampleDevices[];
}

interface SampleContract {
  readonly currency: 'SEK' | 'EUR';
  readonly time_zone: string;
  readonly price_lists: readonly string[];
  readonly recurring_fees?: readonly { readonly code: string; readonly description: string; readonly amount: string; readonly per: 'device' | 'contract' }[];
  readonly hold?: { readonly threshold?: string; readonly minimum?: string; readonly longest_days?: number };
}

type DeviceKind = 'charge_point' | 'sim' | 'heat_meter' | 'hub';

interface SampleDevices {
  readonly kind: DeviceKind;
  readonly count: number;
  readonly department?: string;
  /** True for devices that the partner brought. */
  readonly partner?: boolean;
}

export interface SampleDevice {
  readonly reference: string;
  readonly name: string;
  readonly kind: DeviceKind;
  readonly customer: string;
  readonly department?: string;
  readonly partner: boolean;
}

export const billingEntities = {
  voltvik: {
    name: 'Northgrid Sverige AB',
    registration_number: '559012-3450',
    vat_number: 'SE559012345001',
    currency: 'SEK',
    series: 'SE',
    address: { line1: 'Storgatan 1', postal_code: '111 22', city: 'Stockholm', country: 'SE' },
    bankgiro: '5805-6201',
    reference_kind: 'ocr',
    payment_days: 14,
    time_zone: 'Europe/Stockholm',
  },
  meterhuis: {
    name: 'Northgrid Nederland B.V.',
    registration_number: '33011433',
    vat_number: 'NL004495445B01',
    currency: 'EUR',
    series: 'NL',
    address: { line1: 'Keizersgracht 100', postal_code: '1015 AA', city: 'Amsterdam', country: 'NL' },
    iban: 'NL91ABNA0417164300',
    bic: 'ABNANL2A',
    reference_kind: 'rf',
    payment_days: 14,
    time_zone: 'Europe/Amsterdam',
  },
} as const;

const bolt =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 168 40" width="168" height="40"><circle cx="20" cy="20" r="18" fill="#0b6e4f"/><path d="M22 5 L11 23 L19 23 L17 35 L29 16 L21 16 Z" fill="#f2b705"/><path d="M48 10 L56 30 L64 10 M70 20 A8 8 0 1 0 86 20 A8 8 0 1 0 70 20 M92 8 L92 30 L104 30 M106 12 L120 12 M113 12 L113 30 M124 10 L131 30 L138 10 M144 10 L144 30 M152 10 L152 30 M164 10 L153 20 L164 30" fill="none" stroke="#0b6e4f" stroke-width="4"/></svg>';
const house =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 40" width="48" height="40"><path d="M4 20 L24 4 L44 20 L44 37 L4 37 Z" fill="#1d3557"/><path d="M14 28 L20 28 L23 20 L27 34 L30 28 L35 28" fill="none" stroke="#e8833a" stroke-width="3"/></svg>';

export const brands = {
  voltvik: { name: 'Voltvik', primary_color: '#0b6e4f', accent_color: '#f2b705', logo_svg: bolt, support_email: 'hej@voltvik.example', website: 'https://voltvik.example', language: 'sv' },
  meterhuis: { name: 'Meterhuis', primary_color: '#1d3557', accent_color: '#e8833a', logo_svg: house, support_email: 'vraag@meterhuis.example', website: 'https://meterhuis.example', language: 'nl' },
} as const;

export const partner = {
  name: 'Solna Parkering AB',
  email: 'avrakning@solnaparkering.example',
  currency: 'SEK',
  language: 'sv',
  address: { line1: 'Hotellgatan 7', postal_code: '171 25', city: 'Solna', country: 'SE' },
} as const;

const swedish = ['Anna Bergström', 'Erik Lund', 'Maja Nyström', 'Oskar Sjöberg', 'Elin Åkesson', 'Karl Öberg', 'Sara Holm', 'Nils Ek', 'Ida Norén', 'Axel Dahl', 'Freja Lindgren', 'Hugo Blom'];
const dutch = ['Sanne de Boer', 'Daan Visser', 'Lotte Smit', 'Bram Mulder', 'Femke Bos', 'Thijs Dekker', 'Noor Jansen', 'Sem Vos', 'Julia Kok', 'Lars Peters'];

function consumers(names: readonly string[], make: (name: string, i: number) => SampleCustomer): readonly SampleCustomer[] {
  return names.map(make);
}

function mail(name: string): string {
  return `${name.normalize('NFD').replace(/[^A-Za-z ]/g, '').replaceAll(' ', '.').toLowerCase()}@example.org`;
}

export const customers: readonly SampleCustomer[] = [
  ...consumers(swedish, (name, i) => ({
    key: `se-${i}`,
    brand: 'voltvik',
    kind: 'consumer',
    name,
    email: mail(name),
    address: { line1: `Ekvägen ${i + 3}`, postal_code: '182 33', city: 'Danderyd', country: 'SE' },
    contract: {
      currency: 'SEK',
      time_zone: 'Europe/Stockholm',
      price_lists: ['laddning-hem', 'standard-se'],
      recurring_fees: [{ code: 'abonnemang', description: 'Abonnemang laddbox', amount: '49.00', per: 'device' }],
    },
    fleet: [{ kind: 'charge_point', count: 1 }],
  })),
  {
    key: 'lindqvist',
    brand: 'voltvik',
    kind: 'company',
    name: 'Lindqvist Fastigheter AB',
    email: 'faktura@lindqvist.example',
    address: { line1: 'Sveavägen 44', postal_code: '111 34', city: 'Stockholm', country: 'SE' },
    vat_number: 'SE556036079301',
    departments: [
      { code: 'stockholm', name: 'Stockholm' },
      { code: 'goteborg', name: 'Göteborg' },
      { code: 'malmo', name: 'Malmö' },
    ],
    contract: {
      currency: 'SEK',
      time_zone: 'Europe/Stockholm',
      price_lists: ['lindqvist-avtal', 'standard-se'],
      recurring_fees: [{ code: 'portal', description: 'Driftportal', amount: '950.00', per: 'contract' }],
      hold: { threshold: '9000' },
    },
    fleet: [
      { kind: 'charge_point', count: 30, department: 'stockholm', partner: true },
      { kind: 'charge_point', count: 24, department: 'goteborg' },
      { kind: 'charge_point', count: 18, department: 'malmo' },
    ],
  },
  ...consumers(dutch, (name, i) => ({
    key: `nl-${i}`,
    brand: 'meterhuis',
    kind: 'consumer',
    name,
    email: mail(name),
    address: { line1: `Lindelaan ${i + 10}`, postal_code: '3512 AB', city: 'Utrecht', country: 'NL' },
    contract: {
      currency: 'EUR',
      time_zone: 'Europe/Amsterdam',
      price_lists: ['warmte-2026'],
      recurring_fees: [{ code: 'vastrecht', description: 'Vastrecht warmtemeter', amount: '4.95', per: 'device' }],
    },
    fleet: [{ kind: 'heat_meter', count: 1 }],
  })),
  {
    key: 'devries',
    brand: 'meterhuis',
    kind: 'company',
    name: 'De Vries Logistiek B.V.',
    email: 'facturen@devries.example',
    address: { line1: 'Waalhaven 12', postal_code: '3089 JH', city: 'Rotterdam', country: 'NL' },
    vat_number: 'NL810433941B01',
    departments: [
      { code: 'noord', name: 'Vloot Noord' },
      { code: 'zuid', name: 'Vloot Zuid' },
    ],
    contract: { currency: 'EUR', time_zone: 'Europe/Amsterdam', price_lists: ['iot-2026'], hold: { minimum: '2.00', longest_days: 60 } },
    fleet: [
      { kind: 'sim', count: 45, department: 'noord' },
      { kind: 'sim', count: 35, department: 'zuid' },
    ],
  },
  {
    key: 'hansa',
    brand: 'meterhuis',
    kind: 'company',
    name: 'Hansa Kühlhaus GmbH',
    email: 'rechnung@hansa-kuehlhaus.example',
    address: { line1: 'Am Sandtorkai 30', postal_code: '20457', city: 'Hamburg', country: 'DE' },
    vat_number: 'DE136695976',
    departments: [{ code: 'lager', name: 'Lager Hamburg' }],
    contract: { currency: 'EUR', time_zone: 'Europe/Berlin', price_lists: ['warmte-2026'] },
    fleet: [
      { kind: 'heat_meter', count: 20, department: 'lager' },
      { kind: 'hub', count: 5, department: 'lager' },
    ],
  },
];

/** What usage calls a device of each kind: EVSE id, ICCID, DevEUI, or a name. */
const referenceForms: Readonly<Record<DeviceKind, (n: number) => string>> = {
  charge_point: (n) => `SE*NGR*E${String(1000 + n)}`,
  sim: (n) => `894620${String(13_000_000_000_000 + n)}`,
  heat_meter: (n) => `70B3D57ED${(0x0005_0000 + n).toString(16).toUpperCase().padStart(7, '0')}`,
  hub: (n) => `hub-${String(n).padStart(3, '0')}`,
};

const deviceNames: Readonly<Record<DeviceKind, string>> = { charge_point: 'Laddpunkt', sim: 'Simkaart', heat_meter: 'Warmtemeter', hub: 'Hub' };

/** Every device of the sample, in one numbering per kind. */
export function sampleDevices(): readonly SampleDevice[] {
  const counts = new Map<DeviceKind, number>();
  return customers.flatMap((customer) =>
    customer.fleet.flatMap(({ kind, count, department, partner: brought = false }) =>
      Array.from({ length: count }, () => {
        const n = (counts.get(kind) ?? 0) + 1;
        counts.set(kind, n);
        return { reference: referenceForms[kind](n), name: `${deviceNames[kind]} ${n}`, kind, customer: customer.key, department, partner: brought };
      }),
    ),
  );
}
