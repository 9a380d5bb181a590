/** Mersenne Twister MT19937 (Matsumoto, Nishimura 1998), seeded as torch's CPU generator seeds it: init_genrand. */
const STATE_WORDS = 624;
const MIDDLE_WORD = 397;
const TWIST = 0x9908_b0df;

export class Mt19937 {
  readonly #state = new Uint32Array(STATE_WORDS);
  #used = STATE_WORDS;

  /** @param seed only its lower 32 bits count */
  constructor(seed: number) {
    const state = this.#state;
    state[0] = seed;
    for (let i = 1; i < STATE_WORDS; i++) {
      const previous = state[i - 1]!;
      state[i] = Math.imul(1_812_433_253, previous ^ (previous >>> 30)) + i;
    }
  }

  /** The next 32 bits as an unsigned integer. */
  nextUint32(): number {
    if (this.#used === STATE_WORDS) this.#refill();
    let bits = this.#state[this.#used++]!;
    bits ^= bits >>> 11;
    bits ^= (bits << 7) & 0x9d2c_5680;
    bits ^= (bits << 15) & 0xefc6_0000;
    return (bits ^ (bits >>> 18)) >>> 0;
  }

  #refill(): void {
    const state = this.#state;
    let i = 0;
    for (; i < STATE_WORDS - MIDDLE_WORD; i++)
      state[i] = state[i + MIDDLE_WORD]! ^ twisted(state[i]!, state[i + 1]!);
    for (; i < STATE_WORDS - 1; i++) {
      state[i] = state[i + MIDDLE_WORD - STATE_WORDS]! ^ twisted(state[i]!, state[i + 1]!);
    }
    state[i] = state[MIDDLE_WORD - 1]! ^ twisted(state[i]!, state[0]!);
    this.#used = 0;
  }
}

function twisted(upper: number, lower: number): number {
  const joined = (upper & 0x8000_0000) | (lower & 0x7fff_ffff);
  return (joined >>> 1) ^ ((lower & 1) === 0 ? 0 : TWIST);
}
