"""A small contrastive model of latents and captions, and the choice among captions by its score, as Sana weighs by CLIPScore.

Both towers are small enough to score several captions of every scene in each training step. A caption is the mean of its tokens: who
stands left is not seen, what is named is.
"""

import math

import torch
import torch.nn.functional as F

from networks import LATENT_CHANNELS, VOCABULARY_SIZE
from prompts import Prompts

WIDTH = 64


class CaptionScorer(torch.nn.Module):
    """Two towers onto the unit sphere of WIDTH dimensions."""

    def __init__(self):
        super().__init__()
        self.picture = torch.nn.Sequential(
            torch.nn.Conv2d(LATENT_CHANNELS, 96, 3, padding=1), torch.nn.SiLU(),
            torch.nn.Conv2d(96, 128, 3, stride=2, padding=1), torch.nn.SiLU(),
            torch.nn.AdaptiveAvgPool2d(4), torch.nn.Flatten(), torch.nn.Linear(128 * 16, WIDTH))
        self.tokens = torch.nn.EmbeddingBag(VOCABULARY_SIZE, 192, mode="mean")
        self.caption = torch.nn.Sequential(torch.nn.Linear(192, 256), torch.nn.SiLU(), torch.nn.Linear(256, WIDTH))
        self.log_scale = torch.nn.Parameter(torch.tensor(math.log(1 / 0.07)))

    def embed_pictures(self, latents):
        """[batch, WIDTH] of scaled latents [batch, 32, h, w]."""
        return F.normalize(self.picture(latents), dim=1)

    def embed_captions(self, rows):
        """[batch, WIDTH] of lists of token ids, none of them empty."""
        starts = torch.tensor([0, *(len(row) for row in rows[:-1])]).cumsum(0)
        tokens = self.tokens(torch.tensor([token for row in rows for token in row]), starts)
        return F.normalize(self.caption(tokens), dim=1)

    def loss(self, latents, rows):
        """Symmetric cross-entropy of telling which caption of the batch belongs to which picture (CLIP, arXiv 2103.00020)."""
        scores = self.log_scale.exp().clamp(max=100) * self.embed_pictures(latents) @ self.embed_captions(rows).T
        right = torch.arange(len(rows))
        return (F.cross_entropy(scores, right) + F.cross_entropy(scores.T, right)) / 2


class CaptionChoice:
    """Picks one of several captions with probability softmax(100 cosine / temperature), as Sana does with its CLIPScores."""

    def __init__(self, path, tokenizer_dir, temperature):
        self.scorer, self.prompts, self.temperature = CaptionScorer().eval(), Prompts(tokenizer_dir), temperature
        self.scorer.load_state_dict(torch.load(path))

    @torch.no_grad()
    def pick(self, rng, latents, candidates):
        """One caption each of scaled latents [batch, 32, h, w]; `candidates` are [batch] lists of equally many captions."""
        captions = self.scorer.embed_captions([self.prompts.ids(caption) for row in candidates for caption in row])
        captions = captions.unflatten(0, (len(candidates), -1))
        scores = 100 * (captions @ self.scorer.embed_pictures(latents)[:, :, None])[..., 0]
        shares = (scores / self.temperature).softmax(1).double().numpy()
        return [row[int(rng.choice(len(row), p=share / share.sum()))] for row, share in zip(candidates, shares)]
