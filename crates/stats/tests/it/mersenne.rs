//! Python's `random.Random(seed).sample(range(n), k)`, for River's KSWIN: MT19937 as its authors published it
//! (Matsumoto & Nishimura 1998, <https://doi.org/10.1145/272991.272995>) and CPython's way from words to samples.

use watchkeeper_stats::stream::IndexSampler;

const WORDS: usize = 624;
const SHIFT: usize = 397;

struct Mersenne {
    words: Vec<u32>,
    at: usize,
}

impl Mersenne {
    /// Seeding by an array of one key, as Python does for small integers.
    fn new(key: u32) -> Self {
        let mut words = vec![19_650_218_u32];
        for index in 1..WORDS {
            let before = words[index - 1];
            words.push(1_812_433_253_u32.wrapping_mul(before ^ (before >> 30)).wrapping_add(index as u32));
        }
        let mut index = 1;
        let mixed = |words: &[u32], index: usize, factor: u32| {
            let before = words[index - 1];
            words[index] ^ (before ^ (before >> 30)).wrapping_mul(factor)
        };
        for _ in 0..WORDS {
            words[index] = mixed(&words, index, 1_664_525).wrapping_add(key);
            index += 1;
            if index == WORDS {
                words[0] = words[WORDS - 1];
                index = 1;
            }
        }
        for _ in 1..WORDS {
            words[index] = mixed(&words, index, 1_566_083_941).wrapping_sub(index as u32);
            index += 1;
            if index == WORDS {
                words[0] = words[WORDS - 1];
                index = 1;
            }
        }
        words[0] = 0x8000_0000;
        Self { words, at: WORDS }
    }

    fn next(&mut self) -> u32 {
        if self.at == WORDS {
            for index in 0..WORDS {
                let y = (self.words[index] & 0x8000_0000) | (self.words[(index + 1) % WORDS] & 0x7fff_ffff);
                let odd = if y & 1 == 1 { 0x9908_b0df } else { 0 };
                self.words[index] = self.words[(index + SHIFT) % WORDS] ^ (y >> 1) ^ odd;
            }
            self.at = 0;
        }
        let mut y = self.words[self.at];
        self.at += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ (y >> 18)
    }

    /// CPython's `_randbelow_with_getrandbits`.
    fn below(&mut self, n: usize) -> usize {
        let bits = usize::BITS - n.leading_zeros();
        loop {
            let r = (self.next() >> (32 - bits)) as usize;
            if r < n {
                return r;
            }
        }
    }
}

pub(crate) struct PythonSampler {
    seed: u32,
    generator: Mersenne,
    position: u64,
}

impl PythonSampler {
    pub(crate) fn new(seed: u32) -> Self {
        Self { seed, generator: Mersenne::new(seed), position: 0 }
    }
}

impl IndexSampler for PythonSampler {
    fn sample(&mut self, population: usize, count: usize) -> Vec<usize> {
        self.position += 1;
        let mut pool: Vec<usize> = (0..population).collect();
        let take = |drawn: usize| {
            let index = self.generator.below(population - drawn);
            let value = pool[index];
            pool[index] = pool[population - drawn - 1];
            value
        };
        (0..count).map(take).collect()
    }

    fn position(&self) -> u64 {
        self.position
    }

    fn seek(&mut self, position: u64) {
        self.generator = Mersenne::new(self.seed);
        self.position = 0;
        while self.position < position {
            self.sample(70, 30);
        }
    }
}

#[test]
fn is_pythons_generator() {
    // random.Random(1): getrandbits(32) three times; sample(range(70), 30)[:5].
    let mut generator = Mersenne::new(1);
    assert_eq!([generator.next(), generator.next(), generator.next()], WORDS_OF_SEED_1);
    assert_eq!(PythonSampler::new(1).sample(70, 30)[..5], SAMPLE_OF_SEED_1);
}

const WORDS_OF_SEED_1: [u32; 3] = [577090037, 2444712010, 3639700191];
const SAMPLE_OF_SEED_1: [usize; 5] = [17, 8, 32, 15, 63];
