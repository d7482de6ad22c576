import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { ChatMessage } from './tools.ts'

export interface StoredChat {
  readonly messages: ChatMessage[]
  readonly activeStreamId: string | null
}

/** Chats as files, as in the guide "Chatbot Message Persistence". */
export class ChatStore {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  read(id: string): StoredChat {
    const file = this.#fileOf(id)
    if (!existsSync(file)) return { messages: [], activeStreamId: null }
    return JSON.parse(readFileSync(file, 'utf8'))
  }

  save(id: string, change: Partial<StoredChat>): void {
    writeFileSync(this.#fileOf(id), JSON.stringify({ ...this.read(id), ...change }))
  }

  #fileOf(id: string): string {
    if (!/^[\w-]{1,80}$/.test(id)) throw new Error('Invalid chat ID')
    return path.join(this.#folder, `${id}.json`)
  }
}
