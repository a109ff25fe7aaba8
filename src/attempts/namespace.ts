/**
 * The IRI base of everything Rollcall names itself: extensions, categories and the name space of attempt ids.
 * Attempt ids are hashes over it, so it must never change.
 */
export const NAMESPACE = 'https://rollcall.example/xapi/'

/** Context extension by which an LMS marks where a launch came from (in-the-wild §2.1, S5). */
export const LAUNCH_ORIGIN = `${NAMESPACE}ext/launch-origin`
