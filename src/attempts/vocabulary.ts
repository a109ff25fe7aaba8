/** The vocabulary of statements/vocabulary/ as sets. The IRIs and their sources are data; here is only how they are asked. */
import administrative from '../../statements/vocabulary/administrative-verbs.json' with { type: 'json' }
import containers from '../../statements/vocabulary/container-types.json' with { type: 'json' }
import content from '../../statements/vocabulary/content-types.json' with { type: 'json' }
import launches from '../../statements/vocabulary/launch-verbs.json' with { type: 'json' }
import logIns from '../../statements/vocabulary/log-in-verbs.json' with { type: 'json' }
import nonPersons from '../../statements/vocabulary/non-persons.json' with { type: 'json' }
import notContent from '../../statements/vocabulary/not-content.json' with { type: 'json' }
import resources from '../../statements/vocabulary/resource-types.json' with { type: 'json' }
import scorm from '../../statements/vocabulary/scorm-proof.json' with { type: 'json' }
import marks from '../../statements/vocabulary/source-marks.json' with { type: 'json' }

type Entries = readonly { readonly iri: string }[]

const iris = (entries: Entries): readonly string[] => entries.map((entry) => entry.iri)
const setOf = (...lists: Entries[]): ReadonlySet<string> => new Set(lists.flatMap(iris))
const startsWith = (entries: Entries): ((text: string) => boolean) => {
  const prefixes = iris(entries)
  return (text) => prefixes.some((prefix) => text.startsWith(prefix))
}
const matches = (patterns: readonly { readonly pattern: string }[]): ((text: string) => boolean) => {
  const expressions = patterns.map((entry) => new RegExp(entry.pattern))
  return (text) => expressions.some((expression) => expression.test(text))
}

/** Never evidence, whatever the object (in-the-wild §4.1). */
export const administrativeVerbs = setOf(administrative.verbs, logIns.verbs)
/** Never evidence when the object is a course. */
export const administrativeOnCourse = setOf(administrative.onCourse)
export const launchVerbs = setOf(launches.verbs)

export const h5pToolbarVerbs = setOf(notContent.h5pToolbarVerbs)
export const openEdxNavigationVerbs = setOf(notContent.openEdxVerbs)
export const viewedVerbs = setOf(notContent.viewedVerbs)
export const eventsWithoutContent: ReadonlySet<string> = new Set(
  notContent.moodleEvents.map((event) => event.name),
)

/** Plain resources by default (in-the-wild §3.2). */
export const resourceTypes = setOf(resources.types)
/** Tracked, but listed for review: nobody has decided what they are. */
export const undecidedTypes = setOf(resources.undecided)
export const contentTypes = setOf(content.types)

export const courseTypes = setOf(containers.courses)
export const lessonTypes = setOf(containers.lessons)
/** The LMS itself, its sections, and activities that only mark a profile or source: never an element. */
export const shellTypes = setOf(containers.shells)
export const attemptTypes = setOf(containers.attempts)
/** Questions and objectives: their result is not the attempt's. */
export const innerTypes = setOf(containers.inner)

export const scormCategories = setOf(scorm.categories)
export const isScormCategory = startsWith(scorm.categoryPrefixes)
export const scormTypes = setOf(scorm.types)
export const scormEvents: ReadonlySet<string> = new Set(scorm.moodleEvents.map((event) => event.name))

/** What tells the system that wrote a statement (in-the-wild §1). */
export const sourceMarks = {
  scormProfile: setOf(marks['scorm-profile'].categories),
  cmi5: setOf(marks.cmi5.categories),
  cmi5Extensions: iris(marks.cmi5.contextExtensions),
  isRustici: startsWith(marks.rustici.categoryPrefixes),
  moodleInfo: marks.moodle.infoExtension.iri,
  moodleInfoKeys: setOf(marks.moodle.infoKeys),
  openEdxExtensions: iris(marks['open-edx'].contextExtensions),
  lmsProfile: setOf(marks['lms-profile'].categories),
  isH5p: startsWith(marks.h5p.categoryPrefixes),
  h5pExtensions: iris(marks.h5p.objectExtensions),
  isTincanId: matches(marks.tincan.idPatterns),
  tincan: setOf(marks.tincan.categories),
  isTincan: startsWith(marks.tincan.categoryPrefixes),
  video: setOf(marks.video.categories),
  videoExtensions: iris(marks.video.contextExtensions),
  videoTypes: setOf(marks.video.types),
}

export const isNonPersonPattern = matches(nonPersons.patterns)
export const nonPersonMailboxes: readonly string[] = nonPersons.mailboxes.map((mailbox) => mailbox.address)
/** A launch by somebody with one of these roles is by no person. */
export const nonPersonRoles = setOf(nonPersons.roles)
