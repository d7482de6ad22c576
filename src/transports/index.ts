export { memoryTransport } from './memory.ts'
