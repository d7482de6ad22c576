export { memoryTransport } from './memory.ts'
export { relay } from './relay.ts'
