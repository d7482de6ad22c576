/** A format that pictures are written in. */
export type ImageFormat = 'avif' | 'webp' | 'jpeg' | 'png'

/** A picture, decoded once, of which several are made. */
export interface OpenImage {
  /** In pixels, as it is to be seen: turned the way that its metadata say. */
  readonly width: number
  readonly height: number
  readonly hasAlpha: boolean
  readonly isAnimated: boolean
  /** Writes it at most `width` pixels wide, without metadata. */
  render(options: {
    readonly width: number
    readonly format: ImageFormat
    /** 1 to 100. */
    readonly quality: number
  }): Promise<RenderedImage>
}

export interface RenderedImage {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly width: number
  readonly height: number
}

/** Decodes and writes pictures: `sharpImages`, or your own. What it throws is taken for a picture that is damaged. */
export interface ImageProcessor {
  open(
    bytes: Uint8Array<ArrayBuffer>,
    options: {
      /** Of all frames together; more has to be refused before it is decoded. */
      readonly maxPixels: number
      /** Nothing wider will be asked for. */
      readonly maxWidth: number
      readonly isAnimated: boolean
      /** For each step of the work. */
      readonly timeoutMs: number
    },
  ): Promise<OpenImage>
}
