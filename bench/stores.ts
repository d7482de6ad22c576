import { reportLongConversations } from './stores/long.ts'
import { places } from './stores/places.ts'
import { print } from './stores/report.ts'

const all = await places(print)
await reportLongConversations(all)
for (const { leave } of Object.values(all)) await leave()
