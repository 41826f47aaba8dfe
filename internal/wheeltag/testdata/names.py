"""Writes file names and what they tell of a wheel: name, platform, arch, abi.

    python3 names.py > names.tsv

Whether a name is a wheel's, and its tags, are what the library packaging says,
the copy that pip brings. Platform and architecture are split here by the rules
that ../wheeltag.go states, written a second time and in another way.
"""
import random
import re

from pip._vendor.packaging.utils import InvalidWheelFilename, parse_wheel_filename
from pip._vendor.packaging.version import InvalidVersion

random.seed(14)
names=["numpy","pandas","scikit_learn","torch","cryptography","grpcio","PyYAML","ruamel.yaml.clib","lxml","psycopg2_binary","pydantic_core","orjson","Pillow","charset_normalizer","six","requests","boto3","zope.interface","matplotlib","tensorflow","uv","ruff","polars","psutil","mypy","aiohttp","cffi","MarkupSafe","protobuf","debugpy"]
vers=["1.26.4","2.0.0rc1","0.9","2024.2.2","1.0.post1","3.0.0.dev5","1!2.0","2.1.0+cu118","1.0a1","4.25.3"]
pys=["cp27","cp35","cp36","cp37","cp38","cp39","cp310","cp311","cp312","cp313","cp314","py2","py3","py2.py3","pp39","pp310","py37","graalpy242_311_native","cp36.cp37","py2.py3.cp26"]
abis=["none","abi3","cp27m","cp27mu","cp36m","cp38","cp39","cp310","cp311","cp312","cp313","cp313t","cp314t","pypy39_pp73","pypy310_pp73","abi3.none","cp27m.cp27mu","CP38"]
plats=["any","win32","win_amd64","win_arm64","win_arm32","win32.win_amd64","linux_x86_64","linux_armv6l","linux_armv7l","linux_armv6l.linux_armv7l","linux_aarch64",
"macosx_10_9_x86_64","macosx_11_0_arm64","macosx_10_9_universal2","macosx_10_6_intel","macosx_10_6_intel.macosx_10_9_intel.macosx_10_9_x86_64.macosx_10_10_intel.macosx_10_10_x86_64","macosx_10_12_x86_64.macosx_11_0_arm64.macosx_10_12_universal2","macosx_14_0_arm64","macosx_10_5_ppc","macosx_10_9_fat64","macosx_12_0_universal2",
"manylinux1_x86_64","manylinux1_i686","manylinux2010_x86_64","manylinux2010_i686","manylinux2014_x86_64","manylinux2014_aarch64","manylinux2014_ppc64le","manylinux2014_s390x","manylinux2014_armv7l",
"manylinux_2_17_x86_64.manylinux2014_x86_64","manylinux_2_5_x86_64.manylinux1_x86_64.manylinux_2_17_x86_64.manylinux2014_x86_64","manylinux_2_5_i686.manylinux1_i686","manylinux_2_12_x86_64.manylinux2010_x86_64","manylinux_2_27_aarch64.manylinux_2_28_aarch64","manylinux_2_28_x86_64","manylinux_2_31_armv7l","manylinux_2_31_riscv64","manylinux_2_39_loongarch64","manylinux_2_34_x86_64","manylinux2014_x86_64.manylinux_2_17_x86_64","manylinux_2_9_x86_64.manylinux_2_10_x86_64",
"musllinux_1_1_x86_64","musllinux_1_2_aarch64","musllinux_1_1_i686","musllinux_1_2_armv7l","musllinux_1_0_x86_64.musllinux_1_1_x86_64","manylinux_2_17_x86_64.musllinux_1_1_x86_64","manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64",
"ios_13_0_arm64_iphoneos","ios_13_0_x86_64_iphonesimulator","ios_13_0_arm64_iphonesimulator","ios_15_4_arm64_iphoneos","android_21_arm64_v8a","android_24_x86_64","android_21_armeabi_v7a","android_21_x86",
"emscripten_3_1_58_wasm32","pyodide_2024_0_wasm32","pyodide_2025_0_wasm32","wasi_0_0_0_wasm32","freebsd_13_2_release_amd64","linux_x86_64.manylinux1_x86_64","any.linux_x86_64","MANYLINUX1_X86_64","Win_AMD64","aix_7_1_0_ppc","plat","linux","manylinux_2","x86_64","solaris_2_11_i86pc_64bit","cygwin_3_4_x86_64","mingw_x86_64"]
out=set()
for p in plats:
  for _ in range(30):
    b=random.choice(["","","","-1","-2_local","-20230101","-1build"])
    out.add(f"{random.choice(names)}-{random.choice(vers)}{b}-{random.choice(pys)}-{random.choice(abis)}-{p}.whl")
for n in names:
  for v in vers:
    for e in [".tar.gz",".zip",".tar.bz2",".tgz",".tar.Z","-py3.11.egg",".win32-py2.7.exe",".win-amd64.exe","-py2.7-macosx-10.9-x86_64.egg","-1.noarch.rpm",".msi",".deb",".dmg",".linux-x86_64.tar.gz"]:
      if random.random()<.25: out.add(f"{n}-{v}{e}")
    if random.random()<.3:
      out.add(f"{n}-{v}-py3-none-any.whl.metadata"); out.add(f"{n}-{v}-py3-none-any.whl.asc"); out.add(f"{n}-{v}.tar.gz.asc"); out.add(f"{n}-{v}.tar.gz.provenance")
out |= {"", ".whl","-.whl","a-b.whl","----.whl","-----.whl","foo-1.0-py3-none.whl","foo-1.0-x-y-py3-none-any.whl","foo-1.0-b1-py3-none-any.whl","foo-1.0-1-2-py3-none-any.whl","foo-1.0-py3-none-any.WHL","foo-1.0-py3-none-any.whl ","foo-1.0-py3-none-any.zip","foo__bar-1.0-py3-none-any.whl","foo bar-1.0-py3-none-any.whl","foo-notaversion-py3-none-any.whl","foo-1.0--py3-none-any.whl","foo-1.0-py3-none-.whl","foo-1.0-py3--any.whl","foo-1.0--none-any.whl","foo-1.0-py3-none-any.any.whl","foo-1.0-py3-none-.any.whl","föö-1.0-py3-none-any.whl","foo-1.0-py3-none-manylinux_2_017_x86_64.whl","foo-1.0-py3-none-manylinux_2_17_.whl","foo-1.0-py3-none-macosx_10_9_.whl","foo-1.0-py3-none-win.whl","foo-1.0-py3-none-win_.whl", "foo-1.0-py3-none-manylinux_99999999999999999999_1_x86_64.whl","foo-v1.0-py3-none-any.whl","foo-1.0-0-py3-none-any.whl","foo-1.0.0-alpha-py3-none-any.whl", "../../etc-1.0-py3-none-any.whl","foo-1.0-py3-none-any\t.whl"}
def num(s): return int(s)
FAM=["any","manylinux","musllinux","macosx","ios","android","win","linux"]
def one(tag):
  "platform, arch of one platform tag"
  if tag=="any": return "any","any"
  tag=re.sub(r"^manylinux(1|2010|2014)_",lambda m:{"1":"manylinux_2_5_","2010":"manylinux_2_12_","2014":"manylinux_2_17_"}[m[1]],tag)
  tag={"win32":"win_x86","win_amd64":"win_x86_64"}.get(tag,tag)
  tag=re.sub(r"^(ios_.*)_(iphoneos|iphonesimulator)$",r"\1",tag)
  m=re.fullmatch(r"([a-z]+(?:_[0-9]+)*)_(.+)",tag)
  return (m[1],m[2]) if m else (tag,"")
def key(p):
  fam=p.split("_")[0]
  n=[int(x) for x in re.findall(r"[0-9]+",p)][:2]+[0,0]
  return (FAM.index(fam) if fam in FAM else 99, n[0], n[1], p)
for f in sorted(out):
  if "\t" in f or "\n" in f: continue
  try:
    _,_,_,tags=parse_wheel_filename(f)
    ps=sorted({t.platform for t in tags}); ab=sorted({t.abi for t in tags})
    if any(not x for t in tags for x in (t.platform,t.abi,t.interpreter)): raise InvalidWheelFilename
    pa=[one(p) for p in ps]
    plat=min((p for p,_ in pa),key=key)
    archs=sorted({a for _,a in pa})
    arch=archs[0] if len(archs)==1 else "multi"
    abi=ab[0] if len(ab)==1 else "multi"
  except (InvalidWheelFilename, InvalidVersion): plat=arch=abi=""
  print(f,plat,arch,abi,sep="\t")
