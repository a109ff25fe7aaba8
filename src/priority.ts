/** Which threads wait for which. */
import { setPriority } from 'node:os'

const NICE = 10

/** Where cores are short, answers come first: counting waits, and then counts a learner of many statements once. */
export function standBehindAnswers(): void {
  // Linux has priorities of threads, and 0 names the calling one; elsewhere it would be the whole process.
  if (process.platform === 'linux') setPriority(0, NICE)
}
