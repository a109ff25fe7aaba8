/**
 * News of saved jobs to every thread of this process: a job saved in one is picked up at once by the Agenda of another,
 * without waiting for its polling (ruling 34). Other processes do not hear it.
 */
import { EventEmitter } from 'node:events'
import { BroadcastChannel } from 'node:worker_threads'
import type {
  JobNotification,
  JobStateNotification,
  NotificationChannel,
  NotificationChannelState,
  NotificationHandler,
  StateNotificationHandler,
} from 'agenda'

type News = { readonly saved: JobNotification } | { readonly state: JobStateNotification }

/** @param name the same for every thread on the same data */
export function createJobChannel(name: string): NotificationChannel {
  const events = new EventEmitter()
  const saved = new Set<NotificationHandler>()
  const states = new Set<StateNotificationHandler>()
  let port: BroadcastChannel | null = null

  const handle = async <N>(handlers: Set<(news: N) => void | Promise<void>>, news: N): Promise<void> => {
    const results = await Promise.allSettled([...handlers].map(async (handler) => handler(news)))
    const failed = results.find((result) => result.status === 'rejected')
    if (failed && events.listenerCount('error') > 0) events.emit('error', failed.reason)
  }
  const receive = (news: News) => ('saved' in news ? handle(saved, news.saved) : handle(states, news.state))
  const send = async (news: News) => {
    port?.postMessage(news)
    await receive(news)
  }
  const say = (state: NotificationChannelState) => events.emit('stateChange', state)

  const channel: NotificationChannel = {
    get state() {
      return port ? 'connected' : 'disconnected'
    },
    connect: async () => {
      if (port) return
      port = new BroadcastChannel(name)
      port.onmessage = ({ data }) => void receive(data as News)
      // Waiting for news must not keep a process alive.
      port.unref()
      say('connected')
    },
    disconnect: async () => {
      if (!port) return
      port.close()
      port = null
      saved.clear()
      states.clear()
      say('disconnected')
    },
    subscribe: (handler) => {
      saved.add(handler)
      return () => saved.delete(handler)
    },
    subscribeState: (handler) => {
      states.add(handler)
      return () => states.delete(handler)
    },
    publish: (notification) => send({ saved: notification }),
    publishState: (notification) => send({ state: notification }),
    on: (event: string, listener: (...args: never[]) => void) => {
      events.on(event, listener as () => void)
      return channel
    },
    off: (event: string, listener: (...args: never[]) => void) => {
      events.off(event, listener as () => void)
      return channel
    },
  }
  return channel
}
