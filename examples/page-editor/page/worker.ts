import { postMessageListener } from 'toolwire/transports/post-message'
import { serveHere } from './server-here.ts'

serveHere(postMessageListener({ source: self }), 'worker')
