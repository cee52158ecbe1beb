"""define.xml 2.1: what each dataset and variable is, how it was derived, which values it can have.

Source: CDISC, Define-XML Specification Version 2.1 (2019). Written with odmlib, whose own checks of conformance are run
by the tests.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rctflow.outputs import write_text
from rctflow.submission.frames import Dataset
from rctflow.submission.settings import Standard, Variable
from rctflow.version import VERSION

CLASSES = {
    "ADSL": "SUBJECT LEVEL ANALYSIS DATASET",
    "BDS": "BASIC DATA STRUCTURE",
    "FINDINGS": "BASIC DATA STRUCTURE",
    "ADAE": "OCCURRENCE DATA STRUCTURE",
}
CODED = ("TRT01P", "TRT01A", "TRTP", "TRTA", "AVISIT", "PARAMCD")
YES_NO = "CL.NY"
SUFFIX = {"xpt": "xpt", "dataset_json": "json"}


def write_define(datasets: Sequence[Dataset], standard: Standard, path: Path) -> None:
    """Write define.xml for the datasets, in their order."""
    write_text(define_xml(datasets, standard), path)


def define_xml(datasets: Sequence[Dataset], standard: Standard) -> str:
    """The text of define.xml."""
    text: str = define_document(datasets, standard).to_xml_string(xml_declaration=True)
    return text if text.endswith("\n") else f"{text}\n"


def define_document(datasets: Sequence[Dataset], standard: Standard) -> Any:
    """The document as odmlib holds it."""
    from odmlib.define_2_1 import model as define

    when = f"{standard.date}T00:00:00"
    root = define.ODM(
        FileOID=f"{standard.id}/define",
        FileType="Snapshot",
        ODMVersion="1.3.2",
        CreationDateTime=when,
        AsOfDateTime=when,
        Originator="rctflow",
        SourceSystem="rctflow",
        SourceSystemVersion=VERSION,
        Context="Submission",
    )
    names = {"StudyName": standard.study, "StudyDescription": standard.title, "ProtocolName": standard.study}
    known = define.GlobalVariables(**{key: getattr(define, key)(_content=text) for key, text in names.items()})
    metadata = _metadata(define, datasets, standard)
    root.Study = define.Study(OID=f"ST.{standard.id}", GlobalVariables=known, MetaDataVersion=metadata)
    return root


def _metadata(define: Any, datasets: Sequence[Dataset], standard: Standard) -> Any:
    version = define.MetaDataVersion(
        OID="MDV.ADAM", Name=f"Analysis datasets of {standard.study}", DefineVersion="2.1.0"
    )
    guide = define.Standard(OID="STD.ADAMIG", Name="ADaMIG", Type="IG", Version="1.3", Status="Final")
    version.Standards = define.Standards(Standard=[guide])
    for dataset in datasets:
        version.ItemGroupDef.append(_group(define, dataset, standard))
        version.ItemDef += [_item(define, dataset, variable) for variable in dataset.variables]
        version.MethodDef += [
            _method(define, _oid(dataset, variable.name), variable.rule, variable.code)
            for variable in dataset.variables
            if variable.rule
        ]
        if dataset.contents.parameters:
            _by_parameter(define, dataset, version)
    version.CodeList = _code_lists(define, datasets, standard)
    return version


def _oid(dataset: Dataset, variable: str) -> str:
    return f"{dataset.contents.name}.{variable}"


def _described(define: Any, text: str) -> Any:
    words = define.TranslatedText(lang="en", _content=text)
    return define.Description(TranslatedText=[words])


def _group(define: Any, dataset: Dataset, standard: Standard) -> Any:
    contents = dataset.contents
    leaf = f"LF.{contents.name}"
    file = f"{contents.name.lower()}.{SUFFIX[standard.formats[0]]}"
    group = define.ItemGroupDef(
        OID=f"IG.{contents.name}",
        Name=contents.name,
        Repeating="No" if contents.kind == "ADSL" else "Yes",
        IsReferenceData="No",
        SASDatasetName=contents.name,
        Purpose="Analysis",
        Structure=contents.structure,
        ArchiveLocationID=leaf,
        StandardOID="STD.ADAMIG",
    )
    group.Description = _described(define, contents.label)
    group.Class = define.Class(Name=CLASSES[contents.kind])
    group.leaf = define.leaf(ID=leaf, href=file, title=define.title(_content=file))
    for number, variable in enumerate(dataset.variables, start=1):
        reference = define.ItemRef(
            ItemOID=f"IT.{_oid(dataset, variable.name)}",
            OrderNumber=number,
            Mandatory="Yes" if variable.name in ("STUDYID", "USUBJID") else "No",
        )
        if variable.name in contents.keys:
            reference.KeySequence = contents.keys.index(variable.name) + 1
        if variable.rule:
            reference.MethodOID = f"MT.{_oid(dataset, variable.name)}"
        group.ItemRef.append(reference)
    return group


def _item(define: Any, dataset: Dataset, variable: Variable) -> Any:
    item = define.ItemDef(
        OID=f"IT.{_oid(dataset, variable.name)}",
        Name=variable.name,
        DataType=variable.type,
        SASFieldName=variable.name,
    )
    item.Description = _described(define, variable.label)
    if variable.type == "date":
        item.DisplayFormat = "DATE9."
    else:
        item.Length = dataset.length(variable)
    if variable.type == "float":
        item.SignificantDigits = 10
    if code_list := _list_of(dataset, variable):
        item.CodeListRef = define.CodeListRef(CodeListOID=code_list)
    if variable.name == "AVAL" and dataset.contents.parameters:
        item.ValueListRef = define.ValueListRef(ValueListOID=f"VL.{_oid(dataset, 'AVAL')}")
    origin = define.Origin(Type=variable.origin, Source="Sponsor")
    if variable.place:
        origin.Description = _described(define, variable.place)
    item.Origin.append(origin)
    return item


def _method(define: Any, oid: str, rule: str, code: str) -> Any:
    method = define.MethodDef(OID=f"MT.{oid}", Name=oid, Type="Computation")
    method.Description = _described(define, rule)
    if code:
        method.FormalExpression.append(define.FormalExpression(Context="Python", _content=f"rctflow.{code}"))
    return method


def _by_parameter(define: Any, dataset: Dataset, version: Any) -> None:
    """Value-level metadata: how AVAL of each parameter is made."""
    values = define.ValueListDef(OID=f"VL.{_oid(dataset, 'AVAL')}")
    for number, parameter in enumerate(dataset.contents.parameters, start=1):
        oid = _oid(dataset, f"AVAL.{parameter.code}")
        check = define.RangeCheck(Comparator="EQ", SoftHard="Soft", ItemOID=f"IT.{_oid(dataset, 'PARAMCD')}")
        check.CheckValue.append(define.CheckValue(_content=parameter.code))
        version.WhereClauseDef.append(define.WhereClauseDef(OID=f"WC.{oid}", RangeCheck=[check]))
        reference = define.ItemRef(ItemOID=f"IT.{oid}", OrderNumber=number, Mandatory="No", MethodOID=f"MT.{oid}")
        reference.WhereClauseRef.append(define.WhereClauseRef(WhereClauseOID=f"WC.{oid}"))
        values.ItemRef.append(reference)
        item = define.ItemDef(OID=f"IT.{oid}", Name="AVAL", DataType="float", Length=8, SignificantDigits=10)
        item.Description = _described(define, parameter.label)
        origin = define.Origin(Type="Derived", Source="Sponsor")
        origin.Description = _described(define, parameter.place)
        item.Origin.append(origin)
        version.ItemDef.append(item)
        version.MethodDef.append(_method(define, oid, parameter.rule, "derive.values:derive_values"))
    version.ValueListDef.append(values)


def _list_of(dataset: Dataset, variable: Variable) -> str:
    """The code list of a variable, "" where it has none."""
    if variable.type != "text":
        return ""
    if variable.name in CODED:
        return f"CL.{_oid(dataset, 'PARAMCD')}" if variable.name == "PARAMCD" else f"CL.{_kind(variable.name)}"
    values = set(dataset.table[variable.name].unique()) - {""}
    return YES_NO if variable.name.endswith("FL") and values <= {"Y", "N"} else ""


def _kind(name: str) -> str:
    return "VISIT" if name == "AVISIT" else "ARM"


def _code_lists(define: Any, datasets: Sequence[Dataset], standard: Standard) -> list[Any]:
    lists = [
        _list(define, YES_NO, "No Yes Response", [("Y", "Yes"), ("N", "No")]),
        _list(define, "CL.ARM", "Arms", [(label, label) for _, label in standard.arms]),
        _list(define, "CL.VISIT", "Analysis visits", [(label, label) for _, label in standard.visits]),
    ]
    for dataset in datasets:
        if parameters := dataset.contents.parameters:
            pairs = [(parameter.code, parameter.label) for parameter in parameters]
            oid = f"CL.{_oid(dataset, 'PARAMCD')}"
            lists.append(_list(define, oid, f"Parameters of {dataset.contents.name}", pairs))
    return lists


def _list(define: Any, oid: str, name: str, pairs: Iterable[tuple[str, str]]) -> Any:
    code_list = define.CodeList(OID=oid, Name=name, DataType="text")
    for code, meaning in pairs:
        item = define.CodeListItem(CodedValue=code)
        item.Decode = define.Decode(TranslatedText=[define.TranslatedText(lang="en", _content=meaning)])
        code_list.CodeListItem.append(item)
    return code_list
