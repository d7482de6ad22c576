import { existsSync } from 'node:fs'
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'

/** Pages that were published, piece by piece, in folders of their own. */
export interface PublishedPages {
  readonly put: (key: string, piece: { index: number; of: number; text: string }) => Promise<void>
  readonly remove: (key: string) => Promise<void>
  /** The pages, also half ones. */
  readonly list: () => Promise<readonly { readonly key: string; readonly isComplete: boolean }[]>
  readonly html: (key: string) => Promise<string | null>
}

/** What is a key, and not a way out of the folder. */
const isKey = (key: string): boolean => /^[\w-]{1,80}$/.test(key)

export function publishedPages(root: string): PublishedPages {
  const folderOf = (key: string): string => {
    if (!isKey(key)) throw new Error(`"${key}" is no key.`)
    return path.join(root, key)
  }
  const piecesOf = async (key: string): Promise<readonly string[]> => {
    const folder = folderOf(key)
    if (!existsSync(folder)) return []
    const names = (await readdir(folder)).toSorted()
    const of = Number(names[0]?.split('-')[1] ?? Infinity)
    return names.length === of ? names.map((name) => path.join(folder, name)) : []
  }
  return {
    async put(key, { index, of, text }) {
      await mkdir(folderOf(key), { recursive: true })
      const name = `${String(index).padStart(3, '0')}-${of}`
      await writeFile(path.join(folderOf(key), name), text)
    },
    remove: (key) => rm(folderOf(key), { recursive: true, force: true }),
    async list() {
      const keys = existsSync(root) ? await readdir(root) : []
      return Promise.all(
        keys.map(async (key) => ({ key, isComplete: (await piecesOf(key)).length > 0 })),
      )
    },
    async html(key) {
      if (!isKey(key)) return null
      const files = await piecesOf(key)
      const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')))
      return texts.length > 0 ? texts.join('') : null
    },
  }
}
