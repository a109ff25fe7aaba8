import type { Catalogue, CatalogueEntry } from './derivation.ts'
import type { ActivityRef, Fact, Source } from './fact.ts'
import { attemptedActivity } from './session-keys.ts'
import { attemptTypes, courseTypes, innerTypes, lessonTypes, shellTypes, sourceMarks } from './vocabulary.ts'

/** What a statement is about in the end: the element a learner opens (in-the-wild §3.3). */
export interface ElementRoot {
  readonly element: string
  readonly type?: string
  /** The catalogue's entries for it, ascending by `validFrom`; none when it does not know the element. */
  readonly entries: readonly CatalogueEntry[]
  /** The LMS, a section, an LMS course: no element, unless the catalogue says so. */
  readonly shell: boolean
}

const MOODLE_MODULE_PAGE = /^(.*\/mod\/[^/?#]+\/)[^/?#]+\.php\?(?:[^#]*&)?cmid=(\d+)/
const MOODLE_MODULE = /\/mod\/[^/?#]+\/view\.php\?(?:[^#]*&)?id=\d+$/

/** For Moodle the element is the course module: `…/mod/<m>/view.php?id=N` (in-the-wild §3.3). */
function moodleModule(id: string): string {
  const page = MOODLE_MODULE_PAGE.exec(id)
  return page ? `${page[1]}view.php?id=${page[2]}` : id.replace(/#.*$/, '')
}

/** H5P marks a part of its content by a query on the content's id (in-the-wild §1.6). */
function h5pContent(id: string): string {
  return id.replace(/[?&]subContentId=.*$/, '')
}

const typed =
  (types: ReadonlySet<string>) =>
  (activity: ActivityRef): boolean =>
    activity.type !== undefined && types.has(activity.type)

const isCourse = typed(courseTypes)
const isLesson = typed(lessonTypes)
const isShell = typed(shellTypes)
const isAttempt = typed(attemptTypes)
const isInner = typed(innerTypes)

const isElement = (activity: ActivityRef): boolean => !(isShell(activity) || isAttempt(activity))
const isPackage = (activity: ActivityRef): boolean =>
  isCourse(activity) || sourceMarks.isTincanId(activity.id)

const LEVELS = /[/?#][^/?#]*$/
const AUTHORITY = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*\/?$/i

/** The ids above an id by path, nearest first, each with and without its slash; never a bare host. */
function pathAncestors(id: string): readonly string[] {
  const found: string[] = []
  for (let rest = id.replace(LEVELS, ''), last = id; rest !== last && !AUTHORITY.test(rest); ) {
    found.push(`${rest}/`, rest)
    last = rest
    rest = rest.replace(LEVELS, '')
  }
  return found
}

/** From a part to the package that its path lies in, where the statement groups it under one. */
function climb(part: ActivityRef, groupings: readonly ActivityRef[]): ActivityRef {
  const above = new Set(pathAncestors(part.id))
  return groupings.find((activity) => isElement(activity) && above.has(activity.id)) ?? part
}

type Rule = (fact: Fact) => ActivityRef

const objectItself: Rule = ({ object, parents }) => {
  if (!isAttempt(object)) return object
  return parents.find(isElement) ?? { id: attemptedActivity(object.id) }
}

/** The course of the SCORM profile is the package; without it, what the attempt IRI is about (in-the-wild §1.1). */
const scormPackage: Rule = (fact) => {
  const around = [...fact.parents, ...fact.groupings]
  const course = around.find(isCourse)
  if (course) return course
  const attempt = around.find((activity) => attemptedActivity(activity.id) !== activity.id)
  return attempt ? { id: attemptedActivity(attempt.id) } : objectItself(fact)
}

const rusticiPackage: Rule = (fact) =>
  isInner(fact.object)
    ? ([...fact.parents, ...fact.groupings].find(isElement) ?? fact.object)
    : objectItself(fact)

/** The launch link's `grouping` may be an LMS course, so the package is looked for nearer first (in-the-wild §1.5). */
const tincanPackage: Rule = (fact) => {
  if (isCourse(fact.object)) return fact.object
  const parent = fact.parents.find(isElement)
  if (parent) return isPackage(parent) ? parent : climb(parent, fact.groupings)
  return fact.groupings.find((activity) => isElement(activity) && isPackage(activity)) ?? objectItself(fact)
}

const h5pRoot: Rule = (fact) => {
  const container = fact.parents.find((activity) => isElement(activity) && !isCourse(activity)) ?? fact.object
  const id = h5pContent(container.id)
  return id === container.id ? container : { id }
}

const moodleRoot: Rule = ({ object, parents, groupings }) => {
  const own = [object, ...parents, ...groupings].find((activity) =>
    MOODLE_MODULE.test(moodleModule(activity.id)),
  )
  const root = own ?? object
  return { ...root, id: moodleModule(root.id) }
}

/** Pages and files inside a course are part of it (in-the-wild §3.3); where nobody says whose course it is, take it for content. */
const nearestCourse: Rule = (fact) => {
  if (isCourse(fact.object)) return fact.object
  const around = [...fact.parents, ...fact.groupings]
  return around.find(isCourse) ?? around.find(isLesson) ?? objectItself(fact)
}

const rules: Readonly<Record<Source, Rule>> = {
  'scorm-profile': scormPackage,
  // The AU is the object of every cmi5 statement; derive moves the other statements of its session to it.
  cmi5: objectItself,
  rustici: rusticiPackage,
  moodle: moodleRoot,
  // Their courses are the LMS's, not packages.
  'open-edx': objectItself,
  'lms-profile': objectItself,
  video: objectItself,
  h5p: h5pRoot,
  tincan: tincanPackage,
  other: nearestCourse,
}

const LMS_COURSES: ReadonlySet<Source> = new Set(['open-edx', 'lms-profile'])

function isOutsideContent(fact: Fact, root: ActivityRef): boolean {
  if (isShell(root)) return true
  if (!isCourse(root)) return false
  // Moodle gives mod_imscp the type of a course; its path tells it from one.
  return LMS_COURSES.has(fact.source) || (fact.source === 'moodle' && !MOODLE_MODULE.test(root.id))
}

/** The nearest id the catalogue knows: the object, what the statement places it in, or what its path lies in. */
function knownRoot(fact: Fact, catalogue: Catalogue): ActivityRef | null {
  if (catalogue.size === 0) return null
  for (const activity of [fact.object, ...fact.parents, ...fact.groupings]) {
    if (catalogue.has(activity.id)) return activity
    const module = fact.source === 'moodle' ? moodleModule(activity.id) : activity.id
    if (catalogue.has(module)) return { ...activity, id: module }
  }
  const ancestor = pathAncestors(fact.object.id).find((id) => catalogue.has(id))
  return ancestor === undefined ? null : { id: ancestor }
}

/** The element root of a fact: the catalogue's word first, then what the source's marks say (in-the-wild §3.3). */
export function elementRootOf(fact: Fact, catalogue: Catalogue): ElementRoot {
  const known = knownRoot(fact, catalogue)
  const root = known ?? rules[fact.source](fact)
  return {
    element: root.id,
    ...(root.type !== undefined && { type: root.type }),
    entries: catalogue.get(root.id) ?? [],
    shell: known === null && isOutsideContent(fact, root),
  }
}
