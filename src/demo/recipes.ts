/** Which samples of statements/ the visits are made from, and what the LMS says of their elements. */
import type { CatalogueEntry } from '../attempts/derivation.ts'
import type { Purpose } from '../attempts/fact.ts'
import type { Home } from './people.ts'
import type { Visit, VisitKind } from './plan.ts'

export interface Recipe {
  /** Path within statements/. */
  readonly sample: string
  /** Only so many of its statements, from the first on. */
  readonly steps?: number
  /** All of it comes with a credential of this purpose. */
  readonly purpose?: Purpose
  /** Element ids put in place of the sample's. */
  readonly elements?: Readonly<Record<string, string>>
  /** The LMS reports afterwards that the launch came from the administrators' catalogue. */
  readonly launchRecord?: true
}

const LOBBY_VIDEO = 'https://lms.example.org/v/lobby'

const RECIPES: Readonly<Record<VisitKind, Recipe | Readonly<Record<Home, Recipe>>>> = {
  scorm: { sample: 'scorm-profile/session.json' },
  'scorm-pages': { sample: 'scorm-profile/page-and-sco.json' },
  cmi5: { sample: 'cmi5/09-completed_and_passed' },
  'cmi5-progress': { sample: 'cmi5/13-progress_usage' },
  'cmi5-review': { sample: 'cmi5/review.json' },
  rustici: { sample: 'rustici/converted.json' },
  video: { sample: 'video/two-viewings.json' },
  'moodle-scorm': { sample: 'moodle/scorm.json' },
  'moodle-quiz': { sample: 'moodle/quiz.json' },
  storyline: { sample: 'storyline/thirty-slides.json', steps: 8 },
  rise: { sample: 'storyline/rise.json' },
  iseazy: { sample: 'iseazy/second-launch.json' },
  h5p: { sample: 'h5p/two-sittings.json' },
  page: {
    account: { sample: 'lms-profile/pages-and-files.json', steps: 2 },
    mailbox: { sample: 'moodle/resources.json' },
  },
  'untracked-video': {
    sample: 'video/two-viewings.json',
    elements: { 'https://lms.example.org/v/9': LOBBY_VIDEO },
  },
  'cmi5-browse': { sample: 'cmi5/browse.json' },
  'preview-key': { sample: 'scorm-profile/session.json', purpose: 'preview' },
  'launch-record': { sample: 'cmi5/normal.json', launchRecord: true },
  enrolment: {
    account: { sample: 'cmi5/satisfied-and-waived.json' },
    mailbox: { sample: 'moodle/enrolment.json', steps: 1 },
  },
  guest: { sample: 'h5p/storage-blocked.json' },
}

export function recipeOf({ kind, home }: Pick<Visit, 'kind' | 'home'>): Recipe {
  const recipe = RECIPES[kind]
  return 'sample' in recipe ? recipe : recipe[home]
}

/** The LMSs' catalogue, without the H5P content: what nobody put there is listed for review. */
export const CATALOGUE: readonly Omit<CatalogueEntry, 'validFrom'>[] = [
  entry('https://lms.example.org/c/fire', 'Fire safety', 'scorm', 'complete-on-close'),
  entry('https://lms.example.org/c/tulips', 'Tulips', 'scorm', 'complete-on-close'),
  entry(
    'http://example.org/cmi5/au-lms-id/4756b42214cb0cb4825b3c9b5c15053d6a6cf7f5',
    'Introduction to Geology',
    'cmi5',
    'complete-on-close',
  ),
  entry('https://lms.example.org/au/9c1', 'Working at heights', 'cmi5', 'complete-on-close'),
  // SCORM is tracked whatever its setting says (A4).
  entry('urn:uuid:5f0b8c9e-5a5e-5c1b-9a9d-2f6a1b3c4d5e', 'Data protection', 'scorm', 'none-resource'),
  entry('https://lms.example.org/v/9', 'Lifting and carrying', 'other', 'incomplete-on-open'),
  entry(LOBBY_VIDEO, 'Welcome film of the lobby', 'other', 'none'),
  entry('https://moodle.example.org/mod/scorm/view.php?id=55', 'First aid', 'scorm', 'complete-on-close'),
  entry(
    'https://moodle.example.org/mod/quiz/view.php?id=80',
    'First aid, the questions',
    'xapi',
    'complete-on-close',
  ),
  entry('urn:articulate:storyline:6abCdEfGhIj', 'Customer service', 'xapi', 'complete-on-open'),
  entry('http://6TqYx1_rise', 'Writing plainly', 'xapi', 'complete-on-open'),
  entry('https://cdn.example.org/iseazy/course-77', 'Phishing', 'xapi', 'complete-on-close'),
]

function entry(
  id: string,
  name: string,
  kind: CatalogueEntry['kind'],
  utilizationTracking: CatalogueEntry['utilizationTracking'],
): Omit<CatalogueEntry, 'validFrom'> {
  return { id, name, kind, utilizationTracking }
}
