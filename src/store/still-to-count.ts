/** What `computedThrough` says of marks that wait for their recount. */

/** Beyond this they are not counted: whoever asks how far counts are complete does not wait for half a million marks. */
export const MOST_MARKS = 10_000

/** @param marks of the tenant, counted up to one more than `MOST_MARKS` */
export function stillToCount(marks: number): string {
  const many = marks > MOST_MARKS ? `more than ${MOST_MARKS}` : marks
  return `what is known of ${many} identifiers has changed and is still to be counted`
}
