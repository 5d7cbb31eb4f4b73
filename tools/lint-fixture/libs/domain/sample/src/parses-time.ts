// accepted
export const toDate = (epochMs: number) => new Date(epochMs);
