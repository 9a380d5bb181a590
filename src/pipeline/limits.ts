/** What a request may ask for; the command line and the pipeline refuse the same. */

/** The largest checkpoint's own largest aspect bin has a side of this many pixels. */
export const MAX_SIDE_PX = 8192;
/** diffusers refuses other sizes; it is the compression factor of the real autoencoder. */
export const SIZE_MULTIPLE_PX = 32;
/** More would repeat network times that training never told apart (num_train_timesteps of every Sana checkpoint). */
export const MAX_STEPS = 1000;
export const MAX_COUNT = 64;
export const MAX_GUIDANCE_SCALE = 100;
