/** A place in a list that is ordered by time and id, newest first. */
export type Place = { readonly time: Date; readonly id: string };

/** What comes behind `place`; everything without one. */
export function after(place: Place | null) {
  if (place === null) return {};
  return { createdAt: { lte: place.time }, NOT: { createdAt: place.time, id: { gte: place.id } } };
}
