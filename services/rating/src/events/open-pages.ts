import type { UsageEventValue } from '@tollkeeper/contracts';
import type { Instant } from '@tollkeeper/kernel';
import type { PageEvent } from '../pages/page-events.js';
import type { BatchTracker } from './batch-tracker.js';

/** Events of one device that wait, unacknowledged, to be booked together. */
export class OpenPage {
  readonly events: PageEvent[] = [];
  /** Same index as `events`: whose event it is. */
  readonly trackers: BatchTracker[] = [];
  readonly whenBooked: (() => void)[] = [];
  /** How often booking it has failed. */
  attempts = 0;
  isOpen = true;
  /** When the newest of its batches was received. */
  receivedMs = Number.NEGATIVE_INFINITY;

  constructor(
    readonly tenantId: string,
    readonly device: string,
    readonly openedAt: Instant,
  ) {}
}

/** The pages that still take events, oldest first. */
export class OpenPages {
  private readonly byTenant = new Map<string, Map<string, OpenPage>>();
  /** In order of opening; those that were closed early are passed over. */
  private queue: OpenPage[] = [];
  private queueHead = 0;

  /** Adds an event to the page of its device and gives that page. */
  add(tracker: BatchTracker, tenantId: string, event: UsageEventValue, now: Instant): OpenPage {
    let devices = this.byTenant.get(tenantId);
    if (!devices) this.byTenant.set(tenantId, (devices = new Map()));
    let page = devices.get(event.device);
    if (!page) {
      page = new OpenPage(tenantId, event.device, now);
      devices.set(event.device, page);
      this.queue.push(page);
    }
    page.events.push(event);
    page.trackers.push(tracker);
    if (tracker.receivedMs > page.receivedMs) page.receivedMs = tracker.receivedMs;
    return page;
  }

  get size(): number {
    let size = 0;
    for (const devices of this.byTenant.values()) size += devices.size;
    return size;
  }

  /** The oldest page, which stays. */
  oldest(): OpenPage | undefined {
    while (this.queueHead < this.queue.length && !this.queue[this.queueHead]?.isOpen) this.queueHead++;
    if (this.queueHead > 1024 && this.queueHead * 2 > this.queue.length) {
      this.queue = this.queue.slice(this.queueHead);
      this.queueHead = 0;
    }
    return this.queue[this.queueHead];
  }

  /** The page takes no more events. */
  close(page: OpenPage): void {
    page.isOpen = false;
    const devices = this.byTenant.get(page.tenantId);
    devices?.delete(page.device);
    if (devices?.size === 0) this.byTenant.delete(page.tenantId);
  }

  /** Open pages of a tenant, or of one of its devices. */
  of(tenantId: string, device: string | undefined): OpenPage[] {
    const devices = this.byTenant.get(tenantId);
    if (!devices) return [];
    if (device === undefined) return [...devices.values()];
    const page = devices.get(device);
    return page ? [page] : [];
  }
}
