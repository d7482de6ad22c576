/** What may be made and changed on a page. Everything else is left alone, or taken out of what is given. */

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/))

export const htmlElements: ReadonlySet<string> = words(`
  a abbr address article aside audio b bdi bdo blockquote br button caption cite code col colgroup data datalist dd del
  details dfn dialog div dl dt em fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr i img input
  ins kbd label legend li main mark menu meter nav ol optgroup option output p picture pre progress q rp rt ruby s samp
  search section select small source span strong sub summary sup table tbody td textarea tfoot th thead time tr u ul
  var video wbr`)

/** No element of SVG that loads, animates an address, or holds HTML. `title` and `desc` hold HTML. */
export const svgElements: ReadonlySet<string> = words(`
  svg g path rect circle ellipse line polyline polygon text tspan defs linearGradient radialGradient stop clipPath mask
  symbol marker pattern`)

const everywhere = words(`
  class id title lang dir role hidden tabindex translate spellcheck style inert`)

const byElement: Readonly<Record<string, string>> = {
  a: 'href target rel hreflang download type',
  audio: 'src controls loop muted preload',
  blockquote: 'cite',
  button: 'type disabled name value',
  col: 'span',
  colgroup: 'span',
  data: 'value',
  del: 'cite datetime',
  details: 'open name',
  dialog: 'open',
  fieldset: 'disabled name',
  form: 'autocomplete novalidate',
  img: 'src srcset sizes alt width height loading decoding',
  input:
    'type name value placeholder checked disabled readonly required min max step maxlength minlength size autocomplete list multiple',
  ins: 'cite datetime',
  label: 'for',
  li: 'value',
  meter: 'value min max low high optimum',
  ol: 'start reversed type',
  optgroup: 'label disabled',
  option: 'value label selected disabled',
  output: 'for name',
  progress: 'value max',
  q: 'cite',
  select: 'name multiple size disabled required autocomplete',
  source: 'src srcset sizes media type width height',
  td: 'colspan rowspan headers',
  textarea:
    'name rows cols placeholder disabled readonly required maxlength minlength wrap autocomplete',
  th: 'colspan rowspan headers scope abbr',
  time: 'datetime',
  video: 'src poster controls loop muted preload width height playsinline',
}

const ofElement: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(byElement).map(([name, attributes]) => [name, words(attributes)]),
)

const ofSvg = words(`
  viewBox preserveAspectRatio width height x y x1 y1 x2 y2 cx cy r rx ry fx fy fr d points dx dy rotate textLength
  lengthAdjust pathLength transform fill fill-opacity fill-rule stroke stroke-width stroke-opacity stroke-linecap
  stroke-linejoin stroke-miterlimit stroke-dasharray stroke-dashoffset opacity color display visibility clip-path
  clip-rule mask marker-start marker-mid marker-end markerWidth markerHeight markerUnits orient refX refY offset
  stop-color stop-opacity gradientUnits gradientTransform spreadMethod clipPathUnits maskUnits maskContentUnits
  patternUnits patternContentUnits patternTransform font-family font-size font-style font-weight letter-spacing
  text-anchor dominant-baseline alignment-baseline vector-effect shape-rendering text-rendering focusable xmlns`)

/** Attributes of data that widespread libraries read as code, as requests or as actions. */
const gadgets =
  /^data-(?:ng|hx|x|v|on|bind|action|controller|method|remote|confirm|url|href|src|sly|turbo|ujs|reactroot|reactid|toggle|target|dismiss|ride|parent|template|html|content)(?:$|-|:)/

/** Whether an element may have an attribute of this name; what it says is looked at by itself. */
export function isAllowedAttribute(
  name: string,
  { element, isSvg }: { readonly element: string; readonly isSvg: boolean },
): boolean {
  if (everywhere.has(name) || /^aria-[a-z]+$/.test(name)) return true
  if (/^data-[a-z0-9-]+$/.test(name)) return !gadgets.test(name)
  return isSvg ? ofSvg.has(name) : ofElement.get(element)?.has(name) === true
}

/** Attributes with one address, and whether it is followed or loaded. */
export const urlAttributes: ReadonlyMap<string, 'link' | 'load'> = new Map([
  ['href', 'link'],
  ['cite', 'link'],
  ['src', 'load'],
  ['poster', 'load'],
])

export const inputTypes: ReadonlySet<string> = words(`
  text search email tel url number range date time datetime-local month week color checkbox radio button reset submit`)

export const buttonTypes: ReadonlySet<string> = words('button reset submit')

/**
 * Properties that scripts read of the document, a form and the window: an element with this `id` or `name` would be
 * found in their place.
 */
export const clobbering: ReadonlySet<string> = words(`
  __proto__ __defineGetter__ constructor hasOwnProperty isPrototypeOf toString valueOf toLocaleString
  acceptCharset action activeElement addEventListener adoptNode all alert anchors append appendChild applets attachEvent
  attributes autocomplete baseURI blur body btoa atob caches characterSet charset checkValidity childElementCount
  childNodes children classList className clear click cloneNode close closed compatMode confirm console contains
  contentDocument contentType contentWindow cookie createElement createEvent createTextNode crypto currentScript
  customElements dataset defaultView designMode dispatchEvent doctype document documentElement documentURI domain
  elements embeds enctype encoding eval event external fetch fgColor firstChild firstElementChild focus forms fragment
  frames fullscreenElement getAttribute getElementById getElementsByClassName getElementsByName getElementsByTagName
  getSelection hasAttribute hasAttributes hasChildNodes hasFocus head hidden history id images implementation
  importNode indexedDB innerHTML innerText inputEncoding insertAdjacentHTML insertBefore isConnected isSecureContext
  lastChild lastElementChild lastModified length linkColor links localName localStorage location matches method name
  namespaceURI navigator nextElementSibling nextSibling nodeName nodeType nodeValue normalize noValidate onerror onload
  open opener origin outerHTML outerText ownerDocument parent parentElement parentNode performance plugins postMessage
  prepend previousElementSibling previousSibling print prompt prototype querySelector querySelectorAll readyState
  referrer remove removeAttribute removeChild removeEventListener replaceChild replaceChildren requestSubmit reset
  rootElement scripts scroll scrollTo self sessionStorage setAttribute setInterval setTimeout shadowRoot status stop
  style styleSheets submit tabIndex tagName target textContent title top trustedTypes URL visibilityState window write
  writeln XMLHttpRequest globalThis process module require exports define jQuery $`)
