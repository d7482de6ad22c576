import process from 'node:process'

/** What a server process of a crash run is told. */
export interface ServerSettings {
  readonly seed: number
  readonly postgresUrl: string
  readonly redisUrl: string
  readonly witnessPath: string
}

export function writeSettings(settings: ServerSettings): string {
  return JSON.stringify(settings)
}

export function readSettings(): ServerSettings {
  // Written above, by the process that started this one.
  return JSON.parse(process.argv[2] ?? '') as ServerSettings
}
