export { logPosition } from './log-position.ts'
export { Outbox } from './outbox.ts'
