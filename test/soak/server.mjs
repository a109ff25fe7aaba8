/** `rollcall serve` for a test, with a clock that is set apart from the others' by ROLLCALL_TEST_CLOCK (ms). */
const dist = new URL('../../dist/src/', import.meta.url).href
const { startApp } = await import(`${dist}app.js`)
const { systemClock } = await import(`${dist}clock.js`)
const { loadConfig } = await import(`${dist}config.js`)

const clock = systemClock()
clock.moveBy(Number(process.env.ROLLCALL_TEST_CLOCK ?? 0))
const app = await startApp(loadConfig(process.env), { clock })
console.log(`answers at ${await app.listen()}`)
process.once('SIGTERM', () => app.stop().then(() => process.exit(0)))
