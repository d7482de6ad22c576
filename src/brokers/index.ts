export { type MemoryBrokerOptions, memoryBroker } from './memory.ts'
