import type { Activity, Extensions, Statement } from '../xapi/types.ts'
import type { Source } from './fact.ts'
import { sourceMarks } from './vocabulary.ts'

/** The parts of a statement in which the marks are found, each read once. */
export interface Marks {
  readonly object: Activity | null
  readonly parents: readonly Activity[]
  readonly groupings: readonly Activity[]
  readonly categories: readonly Activity[]
  readonly extensions: Extensions
}

type Mark = (marks: Marks, statement: Statement) => boolean

const hasCategory =
  (known: ReadonlySet<string>): Mark =>
  (marks) =>
    marks.categories.some((category) => known.has(category.id))

const hasCategoryLike =
  (isKnown: (id: string) => boolean): Mark =>
  (marks) =>
    marks.categories.some((category) => isKnown(category.id))

const hasExtension =
  (keys: readonly string[]): Mark =>
  (marks) =>
    keys.some((key) => marks.extensions[key] !== undefined)

const isMoodle: Mark = (marks) => {
  const info = marks.extensions[sourceMarks.moodleInfo]
  if (typeof info !== 'object' || info === null) return false
  return Object.keys(info).some((key) => sourceMarks.moodleInfoKeys.has(key)) || 'event_name' in info
}

const isH5p: Mark = (marks, statement) => {
  const own: Extensions = marks.object?.definition?.extensions ?? {}
  return (
    hasCategoryLike(sourceMarks.isH5p)(marks, statement) ||
    sourceMarks.h5pExtensions.some((key) => own[key] !== undefined)
  )
}

const isTincan: Mark = (marks, statement) => {
  const activities = [...(marks.object ? [marks.object] : []), ...marks.parents, ...marks.groupings]
  return (
    activities.some((activity) => sourceMarks.isTincanId(activity.id)) ||
    hasCategory(sourceMarks.tincan)(marks, statement) ||
    hasCategoryLike(sourceMarks.isTincan)(marks, statement)
  )
}

const isVideo: Mark = (marks, statement) =>
  hasCategory(sourceMarks.video)(marks, statement) ||
  hasExtension(sourceMarks.videoExtensions)(marks, statement) ||
  sourceMarks.videoTypes.has(marks.object?.definition?.type ?? '')

/** First hit wins: what proves a profile comes before what a player inside it may also write. */
const table: readonly (readonly [Source, Mark])[] = [
  ['scorm-profile', hasCategory(sourceMarks.scormProfile)],
  ['cmi5', hasCategory(sourceMarks.cmi5)],
  ['rustici', hasCategoryLike(sourceMarks.isRustici)],
  ['moodle', isMoodle],
  ['open-edx', hasExtension(sourceMarks.openEdxExtensions)],
  // Before the session id: Ralph writes cmi5's session extension too.
  ['lms-profile', hasCategory(sourceMarks.lmsProfile)],
  // «cmi5 allowed» statements bear the session but not the category.
  ['cmi5', hasExtension(sourceMarks.cmi5Extensions)],
  ['h5p', isH5p],
  ['tincan', isTincan],
  ['video', isVideo],
]

/** Which system wrote the statement, told by its marks (in-the-wild §1). */
export function sourceOf(marks: Marks, statement: Statement): Source {
  return table.find(([, mark]) => mark(marks, statement))?.[0] ?? 'other'
}
