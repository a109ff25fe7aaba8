/** Whether a statement is about using content at all (in-the-wild §3.4, §4.1). */
import type { AttemptSettings } from './derivation.ts'
import type { ActivityRef, Fact, Source } from './fact.ts'
import {
  administrativeOnCourse,
  administrativeVerbs,
  courseTypes,
  eventsWithoutContent,
  h5pToolbarVerbs,
  launchVerbs,
  openEdxNavigationVerbs,
  viewedVerbs,
} from './vocabulary.ts'

/** Enrolment, grading, log-in and the like: by whole IRI, since Moodle's enrolment edit ends in `…/resumed` too. */
export function isAdministrative(fact: Fact): boolean {
  return (
    administrativeVerbs.has(fact.verb) ||
    (administrativeOnCourse.has(fact.verb) && courseTypes.has(fact.object.type ?? ''))
  )
}

const NOT_ACTIVITIES: ReadonlySet<string> = new Set(['StatementRef', 'SubStatement', 'Agent', 'Group'])

/** Not a person, a group or a statement: those keep their objectType as type, and an activity's type is an IRI. */
export function isActivity({ type = '' }: ActivityRef): boolean {
  return !NOT_ACTIVITIES.has(type)
}

/** The page before a SCORM launch, also where the plugin left the event name out. */
function isPageBeforeLaunch(fact: Fact): boolean {
  return viewedVerbs.has(fact.verb) && fact.object.id.includes('/mod/scorm/view.php')
}

const bySource: Readonly<Partial<Record<Source, (fact: Fact) => boolean>>> = {
  moodle: (fact) => eventsWithoutContent.has(fact.event ?? '') || isPageBeforeLaunch(fact),
  'open-edx': (fact) => openEdxNavigationVerbs.has(fact.verb),
  h5p: (fact) => h5pToolbarVerbs.has(fact.verb),
}

/** Something a learner did that is not about content. Whether the element is a shell is elementRootOf's word. */
export function isNotContent(fact: Fact): boolean {
  return !isActivity(fact.object) || (bySource[fact.source]?.(fact) ?? false)
}

/**
 * `launched` by itself: for cmi5 it opens a session that may never begin (counting §1.5, 2), so it is never the evidence
 * itself; elsewhere it may be the only word of a launch and counts (in-the-wild §3.5, §4.1).
 */
export function isOnlyLaunch(fact: Fact, launchedCounts: AttemptSettings['launchedCounts']): boolean {
  if (!launchVerbs.has(fact.verb) || launchedCounts === 'always') return false
  return launchedCounts === 'never' || fact.source === 'cmi5'
}
