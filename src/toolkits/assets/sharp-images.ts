import type { ImageFormat, ImageProcessor, OpenImage } from './images.ts'

/** What is needed of `sharp`. */
export type SharpLike = (
  input: Uint8Array<ArrayBuffer>,
  options?: {
    limitInputPixels?: number
    animated?: boolean
    failOn?: 'none' | 'truncated' | 'error' | 'warning'
    raw?: { width: number; height: number; channels: 1 | 2 | 3 | 4 }
  },
) => SharpPicture

/** A picture in the hands of `sharp`. */
export interface SharpPicture {
  autoOrient(): SharpPicture
  resize(options: { width: number; withoutEnlargement: boolean }): SharpPicture
  toColourspace(space: string): SharpPicture
  raw(): SharpPicture
  timeout(options: { seconds: number }): SharpPicture
  avif(options: { quality: number }): SharpPicture
  webp(options: { quality: number }): SharpPicture
  jpeg(options: { quality: number; mozjpeg: boolean }): SharpPicture
  png(options: { compressionLevel: number }): SharpPicture
  metadata(): Promise<{
    width: number
    height: number
    autoOrient: { width: number; height: number }
    pageHeight?: number | undefined
    hasAlpha?: boolean
  }>
  toBuffer(options: { resolveWithObject: true }): Promise<{
    data: Uint8Array<ArrayBuffer>
    info: {
      width: number
      height: number
      channels: 1 | 2 | 3 | 4
      pageHeight?: number | undefined
    }
  }>
}

/**
 * Pictures by `sharp`, which you install and pass: `sharpImages(sharp)`. Each is decoded once, with a limit on its
 * pixels; colours become sRGB, and metadata (camera, place, comments) go.
 */
export function sharpImages(sharp: SharpLike): ImageProcessor {
  return {
    async open(bytes, { maxPixels, maxWidth, isAnimated, timeoutMs }) {
      const limits = { limitInputPixels: maxPixels, failOn: 'error' } as const
      const seconds = Math.max(1, Math.ceil(timeoutMs / 1_000))
      const source = (): SharpPicture =>
        sharp(bytes, { ...limits, animated: isAnimated })
          .autoOrient()
          .timeout({ seconds })
      const { autoOrient, width, height, pageHeight, hasAlpha = false } = await source().metadata()
      const shown = isAnimated ? { width, height: pageHeight ?? height } : autoOrient
      const picture = isAnimated ? source : await decoded(source(), maxWidth)
      return {
        width: shown.width,
        height: shown.height,
        hasAlpha,
        isAnimated,
        render: (options) => render(picture().timeout({ seconds }), options),
      }

      /** Frames stay with their source; a still is kept as pixels, no wider than needed. */
      async function decoded(still: SharpPicture, widest: number): Promise<() => SharpPicture> {
        const { data, info } = await still
          .resize({ width: widest, withoutEnlargement: true })
          .toColourspace('srgb')
          .raw()
          .toBuffer({ resolveWithObject: true })
        const raw = { width: info.width, height: info.height, channels: info.channels }
        return () => sharp(data, { ...limits, raw })
      }
    },
  }
}

async function render(
  picture: SharpPicture,
  { width, format, quality }: Parameters<OpenImage['render']>[0],
): ReturnType<OpenImage['render']> {
  const resized = picture.resize({ width, withoutEnlargement: true })
  const { data, info } = await written(resized, format, quality).toBuffer({
    resolveWithObject: true,
  })
  return { bytes: data, width: info.width, height: info.pageHeight ?? info.height }
}

function written(picture: SharpPicture, format: ImageFormat, quality: number): SharpPicture {
  if (format === 'avif') return picture.avif({ quality })
  if (format === 'webp') return picture.webp({ quality })
  if (format === 'jpeg') return picture.jpeg({ quality, mozjpeg: true })
  return picture.png({ compressionLevel: 9 })
}
