export { type MemoryStoreOptions, memoryStore } from './memory.ts'
export { exportConversation, importConversation } from './transfer.ts'
