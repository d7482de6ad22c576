import { checkOffice } from './checks/zip.ts'
import { damaged } from './checks/anatomy.ts'
import { refuseProgramsIn, refuseSecondTypes } from './checks/active-content.ts'
import { walkPdf } from './checks/pdf.ts'
import { checkRaster } from './checks/raster.ts'
import { checkText } from './checks/text.ts'
import { walkMp4, walkWebm } from './checks/video.ts'
import type { FileType } from './file-types.ts'
import type { ImageFormat, ImageProcessor, OpenImage } from './images.ts'
import { refusal } from './refusal.ts'
import { bytesOf, textBytes } from './storage.ts'
import { safeSvg } from './svg/safe-svg.ts'

/** How pictures are written. */
export interface ImageVariants {
  /** In pixels. Only those below the picture's own width are made, and that. Default: 480, 960, 1600. */
  readonly widths?: readonly number[]
  /** The widest that is made. Default: 2560. */
  readonly maxWidth?: number
  /**
   * Default: AVIF, WebP and JPEG; the last is what everybody can show. Pictures that one can see through are written
   * as PNG in place of JPEG, and those that move as WebP alone.
   */
  readonly formats?: readonly ('avif' | 'webp' | 'jpeg')[]
  /** 1 to 100. Default: 50 for AVIF, 80 for WebP, 82 for JPEG. */
  readonly quality?: Partial<Record<'avif' | 'webp' | 'jpeg', number>>
}

export interface ProduceOptions {
  readonly images: ImageProcessor | undefined
  readonly variants: ImageVariants
  readonly maxPixels: number
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
  readonly progress: (done: number, total: number) => void
}

/** A file to be stored. */
export interface Product {
  /** What its name begins with. */
  readonly label: string
  readonly extension: string
  readonly type: string
  readonly data: Blob | Uint8Array<ArrayBuffer>
  readonly width?: number
  readonly height?: number
}

export interface Products {
  /** The last is the one that everybody can show. */
  readonly files: readonly Product[]
  readonly width?: number | undefined
  readonly height?: number | undefined
  readonly notes: readonly string[]
}

const defaultQuality = { avif: 50, webp: 80, jpeg: 82, png: 100 }

/**
 * Makes of an upload what is stored: pictures are decoded and written anew, SVG is written anew from what is allowed,
 * the rest is looked through and kept as it is.
 * @throws a refusal for what must not be stored
 */
export async function produce(
  file: Blob,
  fileType: FileType,
  options: ProduceOptions,
): Promise<Products> {
  const { type, kind } = fileType
  if (type === 'image/svg+xml') return svgProduct(file)
  if (kind === 'image') return rasterProducts(file, type, options)
  await (checks[type] ?? checkText)(file)
  if (!type.startsWith('text/') && !type.includes('openxmlformats'))
    await refuseSecondTypes(file, type)
  const extension = fileType.extensions[0] ?? 'bin'
  return { files: [{ label: 'original', extension, type, data: file }], notes: [] }
}

const withoutPrograms =
  (walk: (file: Blob) => Promise<readonly Uint8Array[]>, type: string) =>
  async (file: Blob): Promise<void> =>
    refuseProgramsIn(await walk(file), type)

const office = 'application/vnd.openxmlformats-officedocument.'
const checks: Readonly<Record<string, (file: Blob) => Promise<unknown>>> = {
  'video/mp4': withoutPrograms(walkMp4, 'video/mp4'),
  'video/quicktime': withoutPrograms(walkMp4, 'video/quicktime'),
  'video/webm': withoutPrograms(walkWebm, 'video/webm'),
  'application/pdf': withoutPrograms(walkPdf, 'application/pdf'),
  [`${office}wordprocessingml.document`]: (file) => checkOffice(file, 'word/'),
  [`${office}spreadsheetml.sheet`]: (file) => checkOffice(file, 'xl/'),
  [`${office}presentationml.presentation`]: (file) => checkOffice(file, 'ppt/'),
}

async function svgProduct(file: Blob): Promise<Products> {
  const { text, width, height, removed } = safeSvg(await checkText(file))
  const shown = removed.slice(0, 20).join(', ') + (removed.length > 20 ? ', …' : '')
  return {
    files: [{ label: 'original', extension: 'svg', type: 'image/svg+xml', data: textBytes(text) }],
    width,
    height,
    notes: removed.length > 0 ? [`Taken out of the SVG: ${shown}.`] : [],
  }
}

async function rasterProducts(
  file: Blob,
  type: string,
  options: ProduceOptions,
): Promise<Products> {
  const { images, variants, maxPixels, timeoutMs } = options
  const { maxWidth = 2_560 } = variants
  if (!images)
    throw refusal(
      'images-unsupported',
      'Pictures cannot be stored here, since no image processor is set up. Tell the user; SVG, video and documents can.',
    )
  const { frames } = await checkRaster(file, type, maxPixels)
  options.signal?.throwIfAborted()
  try {
    const isAnimated = frames > 1
    const bytes = await bytesOf(file)
    const image = await images.open(bytes, { maxPixels, maxWidth, isAnimated, timeoutMs })
    const files = await writeAll(image, Math.min(image.width, maxWidth), options)
    const { width, height } = image
    const notes = width > maxWidth ? [`Made ${maxWidth} pixels wide; it had ${width}.`] : []
    return { files, width, height, notes }
  } catch (cause) {
    options.signal?.throwIfAborted()
    if (/time-?out/i.test(String(cause)))
      throw refusal('too-slow', 'The picture takes too long to decode. Ask for a smaller one.', {
        cause,
      })
    throw damaged(type, 'it cannot be decoded')
  }
}

async function writeAll(
  image: OpenImage,
  widest: number,
  { variants, signal, progress }: ProduceOptions,
): Promise<readonly Product[]> {
  const { widths = [480, 960, 1_600], quality = {} } = variants
  const steps = formatsOf(image, variants).flatMap((format) =>
    [...widths.filter((width) => width < widest), widest].map((width) => ({ format, width })),
  )
  const files: Product[] = []
  for (const { format, width } of steps) {
    signal?.throwIfAborted()
    progress(files.length, steps.length)
    const qualities: Partial<Record<ImageFormat, number>> = quality
    const wanted = qualities[format] ?? defaultQuality[format]
    const { bytes, ...size } = await image.render({ width, format, quality: wanted })
    const extension = format === 'jpeg' ? 'jpg' : format
    files.push({
      label: `w${size.width}`,
      extension,
      type: `image/${format}`,
      data: bytes,
      ...size,
    })
  }
  return files
}

function formatsOf(
  { isAnimated, hasAlpha }: OpenImage,
  { formats = ['avif', 'webp', 'jpeg'] }: ImageVariants,
): readonly ImageFormat[] {
  if (isAnimated) return ['webp']
  return formats.map((format) => (format === 'jpeg' && hasAlpha ? 'png' : format))
}
