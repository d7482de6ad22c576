import { postMessageListener } from 'toolwire/transports/post-message'
import { serveHere } from './server-here.ts'

const listener = postMessageListener({ source: window, origins: [location.origin] })
serveHere(listener, 'iframe')
