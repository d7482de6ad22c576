// What do the stores cost? Turns a second over each of them, and with several server processes behind one Redis;
// and what the thousandth turn of a conversation costs beside the tenth.
import { reportFleet } from './stores/fleet.ts'
import { reportLongConversations } from './stores/long.ts'
import { places } from './stores/places.ts'
import { print } from './stores/report.ts'
import { reportThroughput } from './stores/throughput.ts'

const all = await places(print)
await reportThroughput(all)
if (all['PostgreSQL']) await reportFleet()
else print('\nServer processes behind one Redis are left out: they need PostgreSQL.')
await reportLongConversations(all)
for (const place of Object.values(all)) await place.leave()
