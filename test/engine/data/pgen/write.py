"""Writes PLINK 2 files in which every form of record occurs, and what PLINK 2 says of them.

    python write.py PEOPLE SEED FOLDER        (plink2 2.00a3.5; the files of this folder: 70 1 .)

FOLDER/calls.{pgen,pvar.zst,psam}: rare, common, flipped and missing genotypes, variants like the one before them or its inverse, several
alternative alleles, phase. FOLDER/dosages.*: without several alleles, with dosages of few, many and all people. FOLDER/fixed.*: the calls
in records of one length.
*.raw, *.afreq, *.hardy, *.vmiss, *.smiss: what PLINK 2 makes of them.
"""

import pathlib
import random
import subprocess
import sys

people, seed, folder = int(sys.argv[1]), int(sys.argv[2]), pathlib.Path(sys.argv[3])
random.seed(seed)
PER_KIND = 4
KINDS = ["random", "rare", "flipped", "missing", "two", "like", "inverse", "several", "phased", "few", "many", "all", "split"]


def genotypes(frequency, missing=0.03):
    return [None if random.random() < missing else (random.random() < frequency) + (random.random() < frequency) for _ in range(people)]


def changed(calls, share=0.02):
    return [random.choice([0, 1, 2, None]) if random.random() < share else call for call in calls]


def dosage(call, share):
    """A dosage beside a call, for some of the people."""
    return None if call is None or random.random() > share else min(2, max(0, call + random.choice([-0.3, -0.05, 0.04, 0.07, 0.25])))


lines, previous = [], None
for index in range(PER_KIND * len(KINDS)):
    kind = KINDS[index % len(KINDS)]
    frequency = {"rare": 0.01, "flipped": 0.99, "several": 0.3, "two": 0.04}.get(kind, random.uniform(0.1, 0.5))
    calls = genotypes(frequency, {"missing": 0.97, "two": 0.3}.get(kind, 0.03))
    if kind == "like":
        calls = changed(previous)
    if kind == "inverse":
        calls = [None if call is None else 2 - call for call in changed(previous)]
    previous = calls if kind not in ("like", "inverse") else previous
    share = {"few": 0.05, "many": 0.6, "all": 1, "split": 0.5}.get(kind, 0)
    cells = []
    for call in calls:
        text = "./." if call is None else {0: "0/0", 1: "0/1", 2: "1/1"}[call]
        if kind == "several" and call and random.random() < 0.3:
            text = text.replace("1", "2")
        if kind in ("phased", "split") and call == 1 and random.random() < 0.7:
            text = random.choice(["0|1", "1|0"])
        value = dosage(call, share)
        if not share:
            cells.append(text)
        elif kind == "split" and value is not None:
            left = random.uniform(max(0, value - 1), min(1, value))
            cells.append(f"{text}:{value:.4f}:{left:.4f},{value - left:.4f}")
        else:
            cells.append(f"{text}:{'.' if value is None else format(value, '.4f')}:.")
    chromosome = [1, 2, 22, "X"][4 * index // (PER_KIND * len(KINDS))]
    alternative = "C,T" if kind == "several" else "C"
    name = "." if index == 5 else f"rs{index}"
    lines.append("\t".join([str(chromosome), str(1000 + index), name, "A", alternative, ".", ".", ".", "GT:DS:HDS" if share else "GT", *cells]))

names = [f"p{person}" for person in range(people)]
header = ["##fileformat=VCFv4.3", *(f"##contig=<ID={c}>" for c in (1, 2, 22, "X"))]
header += [f'##FORMAT=<ID={i},Number={n},Type={t},Description="">' for i, n, t in (("GT", 1, "String"), ("DS", "A", "Float"), ("HDS", ".", "Float"))]
columns = "#CHROM POS ID REF ALT QUAL FILTER INFO FORMAT".split() + names
sexes = [1 + person % 2 for person in range(people)]
rows = [f"f{person // 2}\tp{person}\t{'dad' if person % 7 == 3 else 0}\t{'mum' if person % 7 == 3 else 0}\t{sexes[person]}\t{'north' if person % 2 else 'south'}\t{person / 8 if person % 9 else 'NA'}\n" for person in range(people)]


def plink2(*given):
    subprocess.run(["plink2", "--silent", "--threads", "1", *given], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def convert(name, lines, *given):
    (folder / "made.vcf").write_text("\n".join([*header, "\t".join(columns), *lines]) + "\n")
    (folder / "made.txt").write_text("#IID\tSEX\n" + "".join(f"{n}\t{s}\n" for n, s in zip(names, sexes)))
    plink2("--vcf", "made.vcf", *given, "--update-sex", "made.txt", "--split-par", "hg38", "--make-pgen", "vzs", "--out", name)
    (folder / f"{name}.psam").write_text("#FID\tIID\tPAT\tMAT\tSEX\tregion\theight\n" + "".join(rows))


convert("calls", [line for line in lines if "DS" not in line])
convert("dosages", [line for line in lines if "C,T" not in line], "dosage=HDS")
plink2("--pfile", "calls", "vzs", "--make-pgen", "erase-phase", "format=2", "--max-alleles", "2", "--out", "fixed")
for name in ("calls", "dosages", "fixed"):
    given = ["--pfile", name, *(["vzs"] if name != "fixed" else []), "--max-alleles", "2", "--autosome", "--out", name]
    plink2(*given, "--export", "A")
    if name != "fixed":
        plink2(*given, "--freq", "--hardy", "--missing")
for path in [*folder.glob("*.log"), *folder.glob("made.*")]:
    path.unlink()
