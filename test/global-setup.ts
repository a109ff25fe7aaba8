import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Threads and whole processes run from dist/: Node 20 cannot run TypeScript in them. */
export function setup(): void {
  execFileSync('npm', ['run', '--silent', 'build'], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: 'inherit',
  })
}
